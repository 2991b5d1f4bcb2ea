//! Resident memory: after the start, and at the end of a minute of load.

use std::{iter, time::Duration};

use tokio::time::sleep;

use crate::{
    Figure, Result, http::Call, load, person::Person, postgres::Database, programs::Program,
};

/// A program that has just started has this long to come to rest.
const REST: Duration = Duration::from_secs(1);
const LOAD: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 32;
const PEOPLE: usize = 20;
const TASKS: usize = 20;

const AFTER_START: [(&str, f64); 3] = [
    ("`todo-backend`", 20.0),
    ("`todo-frontend`", 12.0),
    ("`todo`", 32.0),
];
const AFTER_LOAD: f64 = 96.0;

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let backend = Program::backend(&database.url(), &[]).await?;
    let frontend = Program::frontend(&backend, &[]).await?;
    let todo = Program::todo().await?;
    sleep(REST).await;
    let programs = [&backend, &frontend, &todo];

    let mut figures = Vec::new();
    for ((name, most), program) in AFTER_START.into_iter().zip(programs) {
        let what = format!("{name} after its start");
        figures.push(Figure::new(what, program.resident()?, "MiB").at_most(most));
    }
    println!("a minute of load on the backend and the frontend");
    let people = people(&backend).await?;
    tokio::try_join!(
        load(&backend, &people, &[Person::sign_in], &[list]),
        load(
            &frontend,
            &people,
            &[Person::sign_in_on_page],
            &[Person::page]
        ),
    )?;
    let (backend, frontend) = (backend.resident()?, frontend.resident()?);
    println!("a minute of load on todo");
    let people = self::people(&todo).await?;
    let sign_in = &[Person::sign_in, Person::sign_in_on_page];
    load(&todo, &people, sign_in, &[list, Person::page]).await?;

    for ((name, _), resident) in AFTER_START
        .into_iter()
        .zip([backend, frontend, todo.resident()?])
    {
        let what = format!("{name} after a minute of load");
        figures.push(Figure::new(what, resident, "MiB").at_most(AFTER_LOAD));
    }
    Ok(figures)
}

async fn people(program: &Program) -> Result<Vec<Person>> {
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        let person = Person::sign_up(program.address, &format!("memory-{number}")).await?;
        person.add_tasks(program.address, TASKS).await?;
        people.push(person);
    }
    Ok(people)
}

fn list(person: &Person) -> Call {
    person.get("tasks")
}

type Ask = fn(&Person) -> Call;

/// One of a hundred calls signs in; there are as many kinds of either.
async fn load(program: &Program, people: &[Person], sign_in: &[Ask], others: &[Ask]) -> Result {
    let mut calls = Vec::new();
    for (sign_in, other) in sign_in.iter().zip(others) {
        for person in people {
            calls.push(sign_in(person));
            calls.extend(iter::repeat_n(other(person), 99));
        }
    }
    load::run(program.address, CONNECTIONS, LOAD, &calls).await?;
    Ok(())
}
