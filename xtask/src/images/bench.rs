//! `cargo xtask bench images`: how big the images are, how long they take to build and to start.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    archive::Image,
    build,
    buildah::Buildah,
    container::Container,
    product::{MAX_OVERHEAD, PRODUCTS},
    test::Servers,
};
use crate::{
    Result,
    process::{output, root},
};

/// How often a start is measured.
const STARTS: usize = 9;
/// The most time of a start, of a build of everything and of one after a change.
const START: Duration = Duration::from_millis(100);
const COLD: Duration = Duration::from_mins(5);
const CHANGED: Duration = Duration::from_mins(1);
/// The file that tells what was measured, and where it does.
const REPORT: &str = "docs/images.md";
const MARKERS: [&str; 2] = ["<!-- figures -->\n", "<!-- /figures -->\n"];

/// Something that was measured.
struct Figure {
    what: String,
    is: String,
    limit: String,
    holds: bool,
}

/// Measures everything and writes it down; fails when a figure is missed.
pub(super) fn measure() -> Result {
    let folder = std::env::temp_dir().join(format!("todo-bench-images-{}", std::process::id()));
    let figures = measure_in(&folder);
    // What stays lies in the folder for temporary files.
    let _ = fs::remove_dir_all(&folder);
    let figures = figures?;
    let table = table(&figures);
    println!("{table}");
    write_down(&table)?;
    let missed: Vec<&str> = figures
        .iter()
        .filter(|figure| !figure.holds)
        .map(|figure| figure.what.as_str())
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("missed: {}", missed.join("; ")).into())
}

fn measure_in(folder: &Path) -> Result<Vec<Figure>> {
    let context = folder.join("context");
    copy_sources(&context)?;
    let [first, changed, second] = ["first", "changed", "second"].map(|name| folder.join(name));
    for folder in [&first, &changed, &second] {
        fs::create_dir_all(folder)?;
    }
    let mut figures = Vec::new();

    let buildah = Buildah::new()?;
    let cold = "cold build of both";
    let took = timed(cold, || buildah.build(&context, &first, &PRODUCTS))?;
    figures.push(Figure::time(cold, took, COLD));
    let source = context.join("backend/src/lib.rs");
    let text = fs::read_to_string(&source)?;
    fs::write(&source, format!("{text}// changed\n"))?;
    let after = "build after a change";
    let took = timed(after, || buildah.build(&context, &changed, &PRODUCTS))?;
    figures.push(Figure::time(after, took, CHANGED));
    fs::write(&source, text)?;
    drop(buildah);

    Buildah::new()?.build(&context, &second, &PRODUCTS)?;
    for product in PRODUCTS {
        let name = format!("{}.tar", product.name);
        let [one, other] = [first.join(&name), second.join(&name)];
        let tags = build::finish(&product, &one)?;
        let same = tags == build::finish(&product, &other)? && fs::read(&one)? == fs::read(&other)?;
        figures.push(Figure {
            what: format!("{}: two builds", product.name),
            is: if same { "the same" } else { "differ" }.to_owned(),
            limit: "the same".to_owned(),
            holds: same,
        });
        let image = Image::read(&one)?;
        let program = image.file(&product.path()).map_or(0, <[u8]>::len) as u64;
        let name = product.name;
        figures.push(Figure::size(
            &format!("{name}: uncompressed"),
            image.size,
            Some(product.max_size),
        ));
        let beside = image.size.saturating_sub(program);
        figures.push(Figure::size(
            &format!("{name}: beside the program"),
            beside,
            Some(MAX_OVERHEAD),
        ));
        figures.push(Figure::size(
            &format!("{name}: compressed (gzip)"),
            compressed(&one)?,
            None,
        ));
    }
    for (name, took) in starts(&first)? {
        figures.push(Figure::time(
            &format!("{name}: start to ready"),
            took,
            START,
        ));
    }
    Ok(figures)
}

/// The median of several starts of each server in its container, to the first 200 of `/readyz`.
fn starts(archives: &Path) -> Result<Vec<(&'static str, Duration)>> {
    let servers = Servers::prepare(archives)?;
    let mut found = Vec::new();
    for (product, (container, variables, port)) in PRODUCTS.iter().zip(servers.all()) {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            times.push(start(container, &variables, port)?);
        }
        times.sort();
        found.push((product.name, times[STARTS / 2]));
    }
    Ok(found)
}

/// One start: from the container's runtime to the first 200.
fn start(container: &Container, variables: &[(&str, &str)], port: u16) -> Result<Duration> {
    let start = Instant::now();
    let mut running = container.start(variables)?;
    while !is_ready(port) {
        if !running.is_alive() || start.elapsed() > Duration::from_secs(30) {
            return Err("a server in a container does not get ready".into());
        }
        sleep(Duration::from_millis(1));
    }
    let took = start.elapsed();
    running.stop()?;
    Ok(took)
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut answer = [0; 12];
    stream
        .write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        .and_then(|()| stream.read_exact(&mut answer))
        .is_ok_and(|()| answer.ends_with(b"200"))
}

/// The files of the working copy that git knows or would take, so that none of `target` is there.
fn copy_sources(context: &Path) -> Result {
    let files = output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(root()),
    )?;
    for file in files.lines() {
        let from = root().join(file);
        // A file may be gone and git not know yet.
        if from.is_file() {
            let to: PathBuf = context.join(file);
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// Tells at once how long it took: the table comes only at the end.
fn timed(what: &str, work: impl FnOnce() -> Result) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    let took = start.elapsed();
    println!("{what}: {} s", took.as_secs());
    Ok(took)
}

/// The bytes that a registry would store, about: those of the archive under gzip.
fn compressed(archive: &Path) -> Result<u64> {
    let mut gzip = Command::new("gzip");
    gzip.args(["--stdout", "-6"]).arg(archive);
    let mut child = gzip.stdout(Stdio::piped()).spawn()?;
    let mut bytes = 0;
    if let Some(stdout) = child.stdout.take() {
        for byte in std::io::BufReader::new(stdout).bytes() {
            byte?;
            bytes += 1;
        }
    }
    child.wait()?;
    Ok(bytes)
}

impl Figure {
    fn time(what: &str, is: Duration, limit: Duration) -> Self {
        let text = |time: Duration| {
            if time < Duration::from_secs(1) {
                format!("{} ms", time.as_millis())
            } else {
                format!("{:.0} s", time.as_secs_f64())
            }
        };
        Self {
            what: what.to_owned(),
            is: text(is),
            limit: format!("≤ {}", text(limit)),
            holds: is <= limit,
        }
    }

    /// In bytes.
    fn size(what: &str, is: u64, limit: Option<u64>) -> Self {
        let text =
            |bytes: u64| format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000);
        Self {
            what: what.to_owned(),
            is: text(is),
            limit: limit.map_or_else(String::new, |limit| format!("≤ {}", text(limit))),
            holds: limit.is_none_or(|limit| is <= limit),
        }
    }
}

fn table(figures: &[Figure]) -> String {
    let mut table = "| | measured | figure |\n| --- | --- | --- |\n".to_owned();
    for figure in figures {
        let mark = if figure.holds { "" } else { " **missed**" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| {} | {}{mark} | {} |",
            figure.what, figure.is, figure.limit
        );
    }
    table
}

fn write_down(table: &str) -> Result {
    let path = root().join(REPORT);
    let text = fs::read_to_string(&path)?;
    let (before, rest) = text.split_once(MARKERS[0]).ok_or("no place for figures")?;
    let (_, after) = rest.split_once(MARKERS[1]).ok_or("no end of figures")?;
    let [start, end] = MARKERS;
    fs::write(path, format!("{before}{start}{table}{end}{after}"))?;
    Ok(())
}
