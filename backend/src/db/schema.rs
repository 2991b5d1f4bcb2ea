//! The tables as Diesel sees them. `migrations/` says what they are for.

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    users (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        time_zone -> Nullable<Text>,
        theme -> Text,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;

    user_state (user_id) {
        user_id -> Text,
        last_task_id -> BigInt,
        last_conversation_id -> BigInt,
        last_turn_id -> BigInt,
        last_message_id -> BigInt,
        version -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    user_sessions (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        remember -> Bool,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        expires_at -> Moment,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    personal_tokens (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        name -> Text,
        scope -> Text,
        expires_at -> Moment,
        last_used_at -> Nullable<Moment>,
        created_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    oauth_clients (id) {
        id -> Text,
        name -> Text,
        redirect_uris -> Text,
        expires_at -> Moment,
        created_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    oauth_grants (id) {
        id -> Text,
        user_id -> Text,
        client_id -> Text,
        client_name -> Text,
        scope -> Text,
        resource -> Text,
        family_hash -> Text,
        turn_hash -> Text,
        expires_at -> Moment,
        last_used_at -> Nullable<Moment>,
        created_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    oauth_access_tokens (token_hash) {
        token_hash -> Text,
        grant_id -> Text,
        expires_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    oauth_codes (code_hash) {
        code_hash -> Text,
        user_id -> Text,
        client_id -> Text,
        client_name -> Text,
        redirect_uri -> Text,
        scope -> Text,
        resource -> Text,
        code_challenge -> Text,
        grant_id -> Nullable<Text>,
        expires_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    password_resets (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        expires_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    rate_limits (key) {
        key -> Text,
        attempts -> Integer,
        window_ends_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    tasks (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        title -> Text,
        title_key -> Text,
        search_key -> Text,
        description -> Nullable<Text>,
        completed -> Bool,
        priority -> SmallInt,
        due_date -> Nullable<Text>,
        tags -> Text,
        created_at -> Moment,
        updated_at -> Moment,
        deleted_at -> Nullable<Moment>,
    }
}

table! {
    use diesel::sql_types::*;

    task_tags (user_id, tag_key, task_id) {
        user_id -> Text,
        tag_key -> Text,
        task_id -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    conversations (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        title -> Text,
        title_key -> Text,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    messages (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        conversation_id -> BigInt,
        turn_id -> BigInt,
        role -> Text,
        content -> Text,
        hidden -> Bool,
        created_at -> Moment,
        model -> Nullable<Text>,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    turns (user_id, id) {
        user_id -> Text,
        id -> BigInt,
        conversation_id -> BigInt,
        message_id -> BigInt,
        reply_id -> BigInt,
        state -> Text,
        time_zone -> Text,
        owner -> Nullable<Text>,
        lease_until -> Nullable<Moment>,
        stop_requested -> Bool,
        approval -> Nullable<Text>,
        approved -> Integer,
        error -> Nullable<Text>,
        last_seq -> BigInt,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;

    turn_steps (user_id, turn_id, step) {
        user_id -> Text,
        turn_id -> BigInt,
        step -> Integer,
        said -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    tool_calls (user_id, turn_id, n) {
        user_id -> Text,
        turn_id -> BigInt,
        n -> Integer,
        step -> Integer,
        call_id -> Text,
        tool -> Text,
        args -> Text,
        result -> Nullable<Text>,
        changes -> Nullable<Text>,
        finished_at -> Nullable<Moment>,
        undone_at -> Nullable<Moment>,
        extra -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;

    turn_events (user_id, turn_id, seq) {
        user_id -> Text,
        turn_id -> BigInt,
        seq -> BigInt,
        event -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use super::super::types::Moment;

    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        request_hash -> Text,
        status -> SmallInt,
        answer -> Text,
        created_at -> Moment,
    }
}

table! {
    use diesel::sql_types::*;

    schema_requirements (min_version) {
        min_version -> Text,
    }
}

allow_tables_to_appear_in_same_query!(
    users,
    user_state,
    user_sessions,
    personal_tokens,
    oauth_clients,
    oauth_grants,
    oauth_access_tokens,
    oauth_codes,
    password_resets,
    rate_limits,
    tasks,
    task_tags,
    conversations,
    messages,
    turns,
    turn_steps,
    tool_calls,
    turn_events,
    idempotency_keys,
    schema_requirements,
);
