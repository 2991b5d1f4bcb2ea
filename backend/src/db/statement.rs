//! What the log tells of each statement: its name, which is that of the function that makes it, and
//! how long it took. Never its text, which may hold what a user wrote.

use std::time::Instant;

use todo_service::telemetry::milliseconds;
use tracing::{Level, debug, enabled};

/// The target of the lines: `LOG=info,todo_backend::statements=debug` turns them on.
const TARGET: &str = "todo_backend::statements";

/// Logs a statement when it is dropped: at its end, also when it failed or nobody waited for it.
pub(crate) struct Statement(Option<(&'static str, Instant)>);

impl Statement {
    /// Begins to measure, if it is to be logged.
    pub(crate) fn begin(place: &'static str) -> Self {
        let is_wanted = enabled!(target: TARGET, Level::DEBUG);
        Self(is_wanted.then(|| (place, Instant::now())))
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        if let Some((place, start)) = self.0 {
            let ms = milliseconds(start.elapsed());
            debug!(target: TARGET, name = name(place), ms, "statement");
        }
    }
}

/// Begins the [`Statement`] of the function around it.
macro_rules! statement {
    () => {{
        fn here() {}
        $crate::db::Statement::begin(std::any::type_name_of_val(&here))
    }};
}
pub(crate) use statement;

/// `tasks::queries::list` of a place in `todo_backend::tasks::queries::list::{{closure}}::here`.
fn name(place: &str) -> &str {
    let path = place.split_once("::").map_or(place, |(_krate, path)| path);
    let end = path.find("::{{closure}}").or(path.rfind("::"));
    &path[..end.unwrap_or(path.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Made;

    impl Made {
        async fn in_a_method() -> &'static str {
            fn here() {}
            std::any::type_name_of_val(&here)
        }
    }

    #[tokio::test]
    async fn a_statement_is_named_by_the_function_that_makes_it() {
        fn here() {}
        let in_a_function = std::any::type_name_of_val(&here);
        assert_eq!(
            name(in_a_function),
            "db::statement::tests::a_statement_is_named_by_the_function_that_makes_it"
        );
        assert_eq!(
            name(Made::in_a_method().await),
            "db::statement::tests::Made::in_a_method"
        );
    }
}
