//! `cargo xtask cluster aiops`: operations in plain language, on the cluster that KUBECONFIG names.
//! The product's images have to be on its nodes.

use std::process::Command;

use crate::{
    Result,
    process::{root, run, works},
    tools,
};

/// Has every evaluation task solved, after its verifier failed while nobody did; then makes the
/// requests of docs/aiops.md. Where kubectl-ai is on the PATH, it does both, with a scripted model;
/// elsewhere the same commands run with kubectl alone.
pub(super) fn evaluate() -> Result {
    tools::on_path(&["helm", "kubectl"])?;
    let evaluations = root().join("aiops/evaluations");
    if works("kubectl-ai", &["version"]) {
        tools::node()?;
        tools::python()?;
        println!("kubectl-ai solves the tasks");
        run(Command::new(evaluations.join("model"))
            .arg(evaluations.join("run"))
            .args(["--with", "ask"]))?;
    } else {
        println!("kubectl-ai is not on the PATH: kubectl alone solves the tasks");
        run(&mut Command::new(evaluations.join("run")))?;
    }
    run(&mut Command::new(evaluations.join("requests")))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    /// What `aiops/ask --print` prints where these programs are installed, and nothing else is.
    fn printed(programs: &[(&str, &str)], arguments: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in programs {
            let file = folder.path().join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = Command::new("bash")
            .arg(root().join("aiops/ask"))
            .arg("--print")
            .args(arguments)
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .env_remove("OPENAI_MODEL")
            .env_remove("MCP_TODO_TOKEN")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    /// A `kagent` of the line that knows sessions of agents, and one that does not.
    const KAGENT_1: (&str, &str) = ("kagent", "[ \"$1\" = agent ]");
    const KAGENT_0: (&str, &str) = ("kagent", "[ \"$1\" = invoke ]");
    const KUBECTL_AI: (&str, &str) = ("kubectl-ai", "");
    const DOCKER: (&str, &str) = ("docker", "");

    #[test]
    fn a_request_goes_to_the_tool_for_it() {
        let all = [KAGENT_1, KUBECTL_AI, DOCKER];
        for request in [
            "Build optimized Docker images for frontend and backend",
            "Analyze frontend Docker image for security vulnerabilities",
            "Optimize Docker layer caching for faster builds",
        ] {
            assert!(printed(&all, &[request]).starts_with("docker ai -C "));
        }
        for request in [
            "Deploy the todo frontend with 2 replicas",
            "Analyze the cluster health and resource usage",
        ] {
            assert!(printed(&all, &[request]).starts_with("kubectl-ai --llm-provider openai "));
        }
        assert!(printed(&[KAGENT_1], &["Check why the pods are failing"]).starts_with("kagent "));
    }

    #[test]
    fn changes_need_a_yes() {
        let scale = "Scale the backend to handle more load";
        assert!(!printed(&[KUBECTL_AI], &[scale]).contains("--skip-permissions"));
        assert!(printed(&[KUBECTL_AI], &["--yes", scale]).contains("--skip-permissions"));
    }

    /// Its last line is what the log of kubectl-ai has when its agent is done.
    #[test]
    fn a_kubectl_ai_that_forgets_to_end_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubectl-ai");
        let ask = |then: &str| {
            let last = "Agent state changing from done to exited";
            let script =
                format!("#!/bin/sh\necho done\necho '{then}{last}' > $TMPDIR/kubectl-ai.log\n");
            fs::write(&file, script + "exec sleep 60\n").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            let mut ask = Command::new("bash");
            ask.arg(root().join("aiops/ask"))
                .args(["--tool", "kubectl-ai", "anything"])
                .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
                .env("OPERATOR_KUBECONFIG", "none");
            ask.output().unwrap()
        };
        let good = ask("");
        assert!(good.status.success());
        assert_eq!(good.stdout, b"done\n");
        assert!(!ask("RunOnce mode cannot handle it; ").status.success());
    }

    #[test]
    fn each_line_of_kagent_is_spoken_to_in_its_own_form() {
        let request = ["--tool", "kagent", "analyze the cluster health"];
        let question = "analyze\\ the\\ cluster\\ health";
        assert_eq!(
            printed(&[KAGENT_0], &request).trim(),
            format!("kagent --namespace kagent invoke --agent todo-sre --task {question}")
        );
        assert_eq!(
            printed(&[KAGENT_1], &request).trim(),
            format!("kagent --namespace kagent agent invoke --session SESSION --task {question}")
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let said = printed(&[], &["--tool", "kagent", "anything"]);
        assert!(said.starts_with("error: kagent is not installed"), "{said}");
        assert!(printed(&[], &[]).starts_with("Usage: ask "));
    }
}
