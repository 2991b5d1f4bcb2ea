//! The film: pictures of one page after the other, each when it was taken, and what is said below
//! them.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use todo_tests::browser::{Page, Picture};
use tokio::{task::JoinHandle, time::sleep};

/// The size of the pictures.
pub(crate) const WIDTH: u32 = 1280;
pub(crate) const HEIGHT: u32 = 640;
/// The height of the band below them.
const BAND: u32 = 80;
/// How long a picture stays while the film waits for something.
const STILL: Duration = Duration::from_millis(900);
/// How much of the film passes until the last change was filmed, and how long that may take on a
/// machine with much to do.
const SETTLED: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);
/// A camera that is no more than this behind has filmed what can be seen.
const BEHIND: Duration = Duration::from_millis(300);
/// What the film may come to.
const SECONDS: f64 = 90.0;
const BYTES: u64 = 1_000_000;

/// Something that happens in the film.
#[derive(Clone)]
enum Event {
    /// The page looks like this from now on.
    Picture(PathBuf),
    /// This is said from now on.
    Caption(String),
    /// Nothing more is done, and the last pictures come.
    Settles,
    /// The picture stays, so that it can be looked at.
    Stays(Duration),
}

/// What happened, and when.
type Take = Arc<Mutex<Vec<(Duration, Event)>>>;

/// When the latest picture was taken, and when it came.
type Latest = Arc<Mutex<(Duration, Duration)>>;

/// A film in the making.
pub(crate) struct Film {
    start: SystemTime,
    take: Take,
    latest: Latest,
    folder: TempDir,
    camera: Option<JoinHandle<()>>,
}

impl Film {
    pub(crate) fn new() -> Self {
        Self {
            start: SystemTime::now(),
            take: Take::default(),
            latest: Latest::default(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            camera: None,
        }
    }

    /// Films this page from now on, and no other.
    pub(crate) async fn shows(&mut self, page: &Page) {
        self.stop();
        shown(page).await;
        let mut pictures = page.film().await;
        let (start, take, latest) = (self.start, self.take.clone(), self.latest.clone());
        let folder = self.folder.path().to_owned();
        self.camera = Some(tokio::spawn(async move {
            while let Some(Picture { at, png }) = pictures.recv().await {
                let at = at.duration_since(start).unwrap_or_default();
                let file = folder.join(format!("{:09}.png", at.as_micros()));
                fs::write(&file, png).expect("the picture can be written");
                take.lock().unwrap().push((at, Event::Picture(file)));
                *latest.lock().unwrap() = (at, start.elapsed().unwrap_or_default());
            }
        }));
    }

    fn stop(&mut self) {
        if let Some(camera) = self.camera.take() {
            camera.abort();
        }
    }

    /// Says something, below the pictures, until something else is said.
    pub(crate) fn says(&self, caption: &str) {
        println!("{:>4} s  {caption}", self.now().as_secs());
        self.happens(Event::Caption(caption.to_owned()));
    }

    /// Gives so many seconds to look at what is there now, and no less than [`SETTLED`].
    pub(crate) async fn stays(&self, page: &Page, seconds: f64) {
        shown(page).await;
        let start = self.now();
        self.happens(Event::Settles);
        while self.now() < start + PATIENCE {
            sleep(BEHIND).await;
            let (taken, came) = *self.latest.lock().unwrap();
            let is_behind = came > taken + BEHIND && self.now() < came + SETTLED;
            if self.now() > start + SETTLED && !is_behind {
                break;
            }
        }
        let more = Duration::from_secs_f64(seconds).saturating_sub(SETTLED);
        self.happens(Event::Stays(more));
    }

    fn happens(&self, event: Event) {
        self.take.lock().unwrap().push((self.now(), event));
    }

    /// How long it has been filmed.
    fn now(&self) -> Duration {
        self.start.elapsed().unwrap_or_default()
    }

    /// Writes it, and gives its length in seconds.
    ///
    /// # Panics
    /// When it is longer or larger than it may be, or ffmpeg fails.
    pub(crate) async fn write(mut self, file: &Path) -> f64 {
        self.stop();
        let cut = {
            let mut take = self.take.lock().unwrap();
            // Pictures come later than they were taken.
            take.sort_by_key(|(at, _)| *at);
            Cut::of(&take)
        };
        let length = cut.length.as_secs_f64();
        assert!(length < SECONDS, "the film takes {length:.0} seconds");
        let folder = self.folder.path();
        fs::write(folder.join("pictures"), cut.pictures()).expect("a file");
        fs::write(folder.join("captions.srt"), cut.subtitles()).expect("a file");
        let picture = format!(
            // Before the captions, which may change while a picture stays.
            "fps=12,scale={WIDTH}:{HEIGHT}:force_original_aspect_ratio=decrease,\
             pad={WIDTH}:{0}:(ow-iw)/2:({HEIGHT}-ih)/2:color=0x0b0d11,\
             subtitles=captions.srt:force_style='FontName=DejaVu Sans,FontSize=11,Outline=0,MarginV=9'",
            HEIGHT + BAND,
        );
        let done = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error"])
            .args(["-f", "concat", "-safe", "0", "-i", "pictures"])
            .args(["-vf", &picture, "-pix_fmt", "yuv420p"])
            .args([
                "-c:v",
                "libvpx-vp9",
                "-crf",
                "38",
                "-b:v",
                "0",
                "-row-mt",
                "1",
            ])
            .arg("film.webm")
            .current_dir(folder)
            .status();
        assert!(done.expect("ffmpeg is needed").success(), "ffmpeg failed");
        let bytes = fs::copy(folder.join("film.webm"), file).expect("the film can be written");
        assert!(bytes <= BYTES, "the film has {bytes} bytes");
        length
    }
}

/// Waits until what was done last is on the screen: a second frame is begun when the first one is.
async fn shown(page: &Page) {
    page.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        .await;
}

/// A film without the time in which nothing happens.
struct Cut {
    pictures: Vec<(Duration, PathBuf)>,
    captions: Vec<(Duration, String)>,
    length: Duration,
}

impl Cut {
    fn of(take: &[(Duration, Event)]) -> Self {
        let mut cut = Self {
            pictures: Vec::new(),
            captions: Vec::new(),
            length: Duration::ZERO,
        };
        let mut before = Duration::ZERO;
        let mut until_settled = Duration::MAX;
        for (at, event) in take {
            let passes = at.saturating_sub(before).min(STILL).min(until_settled);
            cut.length += passes;
            until_settled = until_settled.saturating_sub(passes);
            before = *at;
            match event {
                Event::Settles => until_settled = SETTLED,
                Event::Picture(file) => cut.pictures.push((cut.length, file.clone())),
                Event::Caption(text) => cut.captions.push((cut.length, text.clone())),
                Event::Stays(time) => {
                    cut.length += *time;
                    until_settled = Duration::MAX;
                }
            }
        }
        // It begins with a picture.
        if let Some((first, _)) = cut.pictures.first_mut() {
            *first = Duration::ZERO;
        }
        cut
    }

    /// The pictures and how long each stays, as ffmpeg reads it.
    fn pictures(&self) -> String {
        let mut list = "ffconcat version 1.0\n".to_owned();
        for (file, stays) in spans(&self.pictures, self.length) {
            let (file, seconds) = (file.display(), (stays.1 - stays.0).as_secs_f64());
            // Writing to a string cannot fail.
            let _ = writeln!(list, "file '{file}'\nduration {seconds:.3}");
        }
        // ffmpeg forgets how long the last one stays, unless it comes twice.
        if let Some((_, last)) = self.pictures.last() {
            let _ = writeln!(list, "file '{}'", last.display());
        }
        list
    }

    /// The captions as SubRip.
    fn subtitles(&self) -> String {
        let mut text = String::new();
        let captions = spans(&self.captions, self.length).enumerate();
        for (number, (caption, (from, to))) in captions {
            let (from, to) = (clock(from), clock(to));
            let _ = writeln!(text, "{}\n{from} --> {to}\n{caption}\n", number + 1);
        }
        text
    }
}

/// What was there, and from when to when.
fn spans<T>(
    list: &[(Duration, T)],
    end: Duration,
) -> impl Iterator<Item = (&T, (Duration, Duration))> {
    let ends = list.iter().skip(1).map(|(at, _)| *at).chain([end]);
    list.iter()
        .zip(ends)
        .map(|((at, what), until)| (what, (*at, until)))
}

/// As SubRip writes it: `00:01:02,345`.
fn clock(time: Duration) -> String {
    let (seconds, thousandths) = (time.as_secs(), time.subsec_millis());
    format!(
        "00:{:02}:{:02},{thousandths:03}",
        seconds / 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_cut_and_what_stays_is_not() {
        let at = Duration::from_millis;
        let picture = |name: &str| Event::Picture(name.into());
        let cut = Cut::of(&[
            (at(100), Event::Caption("Hello".into())),
            (at(200), picture("a")),
            (at(60_200), picture("b")),
            (at(60_300), Event::Settles),
            (at(61_000), picture("c")),
            (at(61_800), picture("d")),
            (at(64_300), Event::Stays(at(2000))),
            (at(64_400), Event::Caption("Bye".into())),
        ]);
        assert_eq!(cut.length, at(200 + 900 + 100 + 1000 + 2000 + 100));
        assert_eq!(
            cut.pictures(),
            "ffconcat version 1.0\nfile 'a'\nduration 1.100\nfile 'b'\nduration 0.800\n\
             file 'c'\nduration 0.300\nfile 'd'\nduration 2.100\nfile 'd'\n"
        );
        assert!(
            cut.subtitles()
                .starts_with("1\n00:00:00,100 --> 00:00:04,300\nHello\n")
        );
    }
}
