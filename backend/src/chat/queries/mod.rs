//! The statements about turns, their messages, steps, calls and events.

mod events;
mod messages;
mod steps;
mod turns;

pub(super) use events::{
    EventRow, delete_events, events_after, insert_events, last_seq, sweep_events,
};
pub(super) use messages::{
    MessageRow, add_usage, edit_message, hide_after, insert_message, latest_messages, message,
    set_content,
};
pub(super) use steps::{CallRow, StepRow, calls, insert_step, set_undone, steps};
pub(crate) use turns::time_zone;
pub(super) use turns::{
    TurnChange, TurnRow, abandoned, change_turn, count_running, insert_turn, renew_leases,
    request_stop, state_name, to_stop, turn, turns, unfinished,
};
