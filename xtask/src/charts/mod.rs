//! `cargo xtask test charts`: the Helm chart and the Kustomize files without a cluster. What needs
//! one, such as the schemas of its API server, is checked by `cargo xtask cluster e2e`.

mod exceptions;
mod lint;
mod objects;
mod parity;
mod refusals;
mod rules;
mod server;

pub(crate) use server::check as check_by_server;

use objects::{Object, Variant, objects};
use parity::differences;

use crate::{Result, process::root, tools};

/// Something that is wrong, in a sentence.
type Mistake = String;

/// Checks both ways to install, in every variant.
pub(crate) fn check() -> Result {
    tools::on_path(&["helm", "kustomize", "kube-score", "kubeconform"])?;
    let mut mistakes = Vec::new();
    lint::charts()?;
    mistakes.extend(versions()?);
    mistakes.extend(refusals::check()?);
    for variant in Variant::ALL {
        let (helm, kustomize) = (variant.by_helm()?, variant.by_kustomize()?);
        let (by_helm, by_kustomize) = (objects(&helm)?, objects(&kustomize)?);
        for (tool, yaml, all) in [
            ("helm", &helm, &by_helm),
            ("kustomize", &kustomize, &by_kustomize),
        ] {
            let way = format!("{tool}, {}", variant.name);
            mistakes.extend(rules::broken(&way, all));
            mistakes.extend(lint::score(&way, yaml)?);
        }
        let differences = differences(&by_helm, &by_kustomize).into_iter();
        mistakes.extend(differences.map(|difference| format!("{}: {difference}", variant.name)));
    }
    mistakes.extend(assistants()?);
    mistakes.extend(exceptions::unused());
    report(&mistakes)
}

/// The chart makes the same assistant of kagent as `aiops/kagent`.
fn assistants() -> Result<Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (variant, folder) in Variant::KAGENT {
        let by_helm = objects(&variant.by_helm()?)?;
        let mut by_kustomize = objects(&variant.by_kustomize()?)?;
        let assistant = objects::build(&root().join("aiops/kagent").join(folder))?;
        lint::conforms(&assistant, &root().join("tests/kagent-schemas"))?;
        by_kustomize.extend(objects(&assistant)?);
        let differences = differences(&by_helm, &by_kustomize).into_iter();
        mistakes.extend(differences.map(|difference| format!("{}: {difference}", variant.name)));
    }
    Ok(mistakes)
}

/// What rules and kube-score say of objects that are not ours.
pub(crate) fn judge(way: &str, yaml: &str) -> Result {
    let mut mistakes = rules::broken(way, &objects(yaml)?);
    mistakes.extend(lint::score(way, yaml)?);
    report(&mistakes)
}

/// The chart's `appVersion` is the workspace's, and all charts go together.
fn versions() -> Result<Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for chart in ["", "charts/backend", "charts/frontend", "charts/logs"] {
        let path = objects::chart().join(chart).join("Chart.yaml");
        let text = std::fs::read_to_string(&path)?;
        let wanted = format!("appVersion: {}\n", env!("CARGO_PKG_VERSION"));
        if !text.contains(&wanted) {
            mistakes.push(format!(
                "{} has another appVersion than the workspace, {}.",
                path.display(),
                env!("CARGO_PKG_VERSION")
            ));
        }
    }
    Ok(mistakes)
}

fn report(mistakes: &[Mistake]) -> Result {
    for mistake in mistakes {
        eprintln!("  {mistake}");
    }
    match mistakes.len() {
        0 => Ok(()),
        1 => Err("one thing is wrong with the charts".into()),
        count => Err(format!("{count} things are wrong with the charts").into()),
    }
}
