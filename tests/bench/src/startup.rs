//! From the start of a program to its first 200 of `/readyz`: medians of several starts.

use crate::{
    Figure, Result,
    load::{median, milliseconds},
    postgres::Database,
    programs::Program,
};

const STARTS: usize = 9;

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let (mut todo, mut backend) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        todo.push(milliseconds(Program::todo().await?.ready_after));
        let program = Program::backend(&database.url(), &[]).await?;
        backend.push(milliseconds(program.ready_after));
    }
    Ok(vec![
        Figure::new("`todo` on a new SQLite file", median(todo), "ms").at_most(100.0),
        Figure::new("`todo-backend` on PostgreSQL", median(backend), "ms").at_most(50.0),
    ])
}
