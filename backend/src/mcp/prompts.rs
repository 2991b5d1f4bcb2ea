//! Prompts: what a person can start with in a client that offers them.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rmcp::model::{GetPromptResult, Prompt, PromptMessage, Role};

/// The prompts as clients see them.
pub(super) fn list() -> Vec<Prompt> {
    vec![
        Prompt::new(
            "plan_my_day",
            Some("Looks at what is overdue, due today and urgent, and proposes an order."),
            None,
        )
        .with_title("Plan my day"),
        Prompt::new(
            "weekly_review",
            Some("Looks back at the week, tidies up what got stuck, and looks ahead."),
            None,
        )
        .with_title("Weekly review"),
    ]
}

/// A prompt for somebody who lives in this time zone; none when there is no such prompt.
pub(super) fn get(name: &str, now: Timestamp, zone: &TimeZone) -> Option<GetPromptResult> {
    let today = zone.to_datetime(now).date();
    let (description, text) = match name {
        "plan_my_day" => ("Plan my day", plan_my_day(today)),
        "weekly_review" => ("Weekly review", weekly_review(today)),
        _ => return None,
    };
    let zone = zone.iana_name().unwrap_or("UTC");
    let day = today.strftime("%A, %-d %B %Y");
    let text = format!("Today is {day} ({today}), in {zone}.\n\n{text}");
    let message = PromptMessage::new_text(Role::User, text);
    Some(GetPromptResult::new(vec![message]).with_description(description))
}

fn plan_my_day(today: jiff::civil::Date) -> String {
    format!(
        "Help me plan my day.\n\
         1. Call list_tasks with status pending and sort due_date.\n\
         2. Tell me what is overdue, then what is due today ({today}), then what is of high \
         priority, each task with its number.\n\
         3. Propose an order for today of at most five tasks, and say in half a sentence why.\n\
         4. Ask what I want to move or drop. Change nothing before I answer; then use update_task \
         for new dates and complete_tasks for what is done already."
    )
}

fn weekly_review(today: jiff::civil::Date) -> String {
    let ago = today.saturating_sub(7.days());
    let ahead = today.saturating_add(7.days());
    format!(
        "Lead me through my weekly review, one step after the other.\n\
         1. Looking back: call list_tasks with status completed and name those whose updated_at is \
         {ago} or later. One sentence on what got done.\n\
         2. Stuck: call list_tasks with status pending and sort created. Name what is overdue and \
         what is more than two weeks old without a due date. For each ask me: do it, give it a \
         date, or drop it?\n\
         3. Looking ahead: call list_tasks with status pending, due_after {today} and due_before \
         {ahead}. Say which days are full.\n\
         4. Sum up what we decided and change it only once I say yes: update_task for dates, \
         complete_tasks for what is done, delete_task for what I drop."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_knows_what_day_it_is_where_the_user_is() {
        let late = "2026-11-24T20:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        for prompt in list() {
            let got = get(&prompt.name, late, &zone).unwrap();
            let text = serde_json::to_string(&got).unwrap();
            assert!(
                text.contains("Today is Wednesday, 25 November 2026 (2026-11-25), in Asia/Tokyo."),
                "{text}"
            );
        }
        assert!(get("nonsense", late, &zone).is_none());
    }
}
