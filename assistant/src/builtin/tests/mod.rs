//! What people say and what comes of it.

mod bounds;
mod tables;
mod talking;

use talking::Talking;

#[test]
fn the_question_which_one_is_answered_by_number_by_position_or_by_a_word() {
    for answer in [
        "9",
        "the second one",
        "lunch",
        "the lunch one",
        "task 9",
        "#9",
    ] {
        let mut talking = Talking::new();
        let question = talking.say("delete the team task");
        assert!(question.contains("Which one"), "{question}");
        talking.say(answer);
        let gone: Vec<String> = talking
            .effects()
            .into_iter()
            .filter(|effect| effect.starts_with("delete"))
            .collect();
        let expects = if answer == "the second one" {
            "delete 4"
        } else {
            "delete 9"
        };
        assert_eq!(gone, [expects], "{answer}");
    }
}

#[test]
fn it_is_the_task_that_was_spoken_of_last() {
    let mut talking = Talking::new();
    talking.say("add call Bob");
    let answer = talking.say("mark it as done");
    assert!(answer.contains("Call Bob"), "{answer}");
    assert!(
        talking
            .effects()
            .iter()
            .any(|effect| effect == "add title=Call Bob completed"),
        "{:?}",
        talking.effects()
    );
}

#[test]
fn the_third_is_a_place_in_the_list_that_was_shown() {
    let mut talking = Talking::new();
    talking.say("show all my tasks");
    talking.say("complete the first one");
    assert_eq!(talking.effects(), ["complete 9"]);
}

#[test]
fn what_a_task_is_called_cannot_change_the_look_of_an_answer() {
    let mut talking = Talking::new();
    let answer = talking.say("add \"<b>**bold** [x](http://y)\"");
    assert!(
        !answer.contains("<b>") || answer.contains("\\<b"),
        "{answer}"
    );
}
