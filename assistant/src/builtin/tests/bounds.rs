//! Nothing that is said is too long, too strange or too much.

use proptest::prelude::*;

use super::{
    super::{commands::parse, pattern},
    talking::{Talking, clock},
};

#[test]
fn the_work_grows_with_the_message_and_not_with_its_square() {
    let pieces = [
        "a ",
        "to ",
        "is ",
        "and ",
        "#a ",
        "buy milk, ",
        "a\n",
        "on friday at 5 ",
        "delete task 1 ",
        "5 ",
        "\"'",
    ];
    for beginning in ["", "add #x "] {
        for piece in pieces {
            let steps = |chars: usize| {
                let mut text = beginning.to_owned();
                while text.len() + piece.len() <= chars {
                    text.push_str(piece);
                }
                pattern::work::take();
                parse(&text, &clock());
                pattern::work::take()
            };
            let (half, whole) = (steps(2_000), steps(4_000));
            assert!(
                whole <= 4 * half.max(50_000),
                "{beginning}{piece}…: {half} steps, then {whole}"
            );
            assert!(whole < 8_000_000, "{beginning}{piece}…: {whole} steps");
        }
    }
}

#[test]
fn what_is_beyond_all_bounds_gets_an_answer() {
    let nested = format!(
        "add {}x{}",
        "\"'\u{201c}".repeat(600),
        "\u{201d}'\"".repeat(600)
    );
    let title = format!("add {}", "word ".repeat(790));
    let digits = format!("delete task {}", "9".repeat(3_900));
    for text in [
        nested.as_str(),
        title.as_str(),
        digits.as_str(),
        "delete task 9223372036854775808",
        "mark -1 and 0 as done",
        "move task 3 by 99999999999999999999 years",
        "add x in 99999 years",
        "add x on 31.02.2026",
        "add \0 nul \u{7} bell",
        "add \u{202e}gnol yrev\u{202c} tomorrow",
        "add e\u{301}\u{301}\u{301}\u{301} cafe\u{301} #cafe\u{301}",
        "\0",
        "\u{feff}\u{200b}",
        "#",
        "!!!!!!!!!!!!",
        "\u{1f600}",
    ] {
        let answer = Talking::new().say(text);
        assert!(!answer.is_empty(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn anything_gets_an_answer(text in "\\PC{0,300}") {
        let answer = Talking::new().say(&text);
        prop_assert!(!answer.is_empty());
    }

    #[test]
    fn any_character_may_stand_anywhere(
        pieces in proptest::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                prop::sample::select(vec!["add ", "mark ", " done", "task ", " and ", "\"", "'", "\u{201c}", "\n", "#", "!", "9",
                    "99999999999999999999", "\0", "\u{202e}", "\u{301}", " tomorrow ", ", "]).prop_map(str::to_owned),
            ],
            0..120,
        )
    ) {
        let answer = Talking::new().say(&pieces.concat());
        prop_assert!(!answer.is_empty());
    }

    #[test]
    fn words_of_the_grammar_in_any_order_get_an_answer(
        words in proptest::collection::vec(
            prop::sample::select(vec!["add", "delete", "task", "3", "the", "and", ",", "tomorrow", "at", "5pm", "#home",
                "!high", "all", "it", "every", "mark", "done", "to", "\"x\"", "\n", "31st", "feb", "29", "in", "2", "weeks"]),
            0..40,
        )
    ) {
        let answer = Talking::new().say(&words.join(" "));
        prop_assert!(!answer.is_empty());
    }
}
