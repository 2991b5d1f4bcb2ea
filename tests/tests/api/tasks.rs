//! Tasks: added, listed, changed, completed, deleted, restored.

use jiff::SignedDuration;
use serde_json::{Value, json};
use todo_api::{Deleted, Task, TaskIds, TaskList};
use todo_tests::{TestApp, on_both};

on_both!(
    a_task_is_added_with_everything_it_may_have,
    a_title_is_enough_and_is_trimmed,
    a_task_changes_only_where_it_is_told_to,
    completion_toggles_or_is_set,
    a_deleted_task_can_be_restored_for_30_days,
    ids_count_per_user_and_are_never_reused,
    the_list_is_newest_first,
    the_list_can_be_sorted,
    the_list_can_be_filtered,
    search_ignores_case_and_takes_every_character_as_it_is,
    pages_follow_one_another_without_gap_or_repetition,
    completed_tasks_are_cleared_and_restored_at_once,
    due_dates_come_back_in_the_kind_they_were_given,
);

async fn a_task_is_added_with_everything_it_may_have(app: TestApp) {
    let ann = app.user("ann").await;
    let task: Value = ann
        .post(
            "tasks",
            json!({
                "title": "Buy milk",
                "description": "Two litres.\nOat, not soy.",
                "priority": "high",
                "due_date": "2026-11-25",
                "tags": ["home", "shopping"],
            }),
        )
        .await
        .expect(201);
    assert_eq!(
        task,
        json!({
            "id": 1,
            "user_id": ann.id,
            "title": "Buy milk",
            "description": "Two litres.\nOat, not soy.",
            "completed": false,
            "priority": "high",
            "due_date": "2026-11-25",
            "tags": ["home", "shopping"],
            "created_at": "2026-11-24T12:00:00Z",
            "updated_at": "2026-11-24T12:00:00Z",
        })
    );
    let read: Value = ann.get("tasks/1").await.expect(200);
    assert_eq!(read, task);
}

async fn a_title_is_enough_and_is_trimmed(app: TestApp) {
    let ann = app.user("ann").await;
    let task = ann.add("  Buy milk \n").await;
    assert_eq!(task.title, "Buy milk");
    assert_eq!((task.description, task.due_date), (None, None));
    assert!(task.tags.is_empty());
}

async fn a_task_changes_only_where_it_is_told_to(app: TestApp) {
    let ann = app.user("ann").await;
    let before = ann
        .add_task(json!({
            "title": "Buy milk", "description": "Oat", "priority": "low",
            "due_date": "2026-11-25", "tags": ["home"],
        }))
        .await;
    app.advance(SignedDuration::from_mins(1));

    let renamed: Task = ann
        .put("tasks/1", json!({"title": "Buy cheese"}))
        .await
        .expect(200);
    assert_eq!(
        renamed,
        Task {
            title: "Buy cheese".into(),
            updated_at: app.clock.now(),
            ..before
        }
    );
    let cleared: Task = ann
        .put(
            "tasks/1",
            json!({"description": null, "priority": null, "due_date": null, "tags": null}),
        )
        .await
        .expect(200);
    assert_eq!(cleared.title, "Buy cheese");
    assert_eq!((cleared.description, cleared.due_date), (None, None));
    assert_eq!(cleared.priority.as_str(), "none");
    assert!(cleared.tags.is_empty());

    ann.put("tasks/1", json!({"title": null}))
        .await
        .problem(422, "invalid");
    ann.put("tasks/2", json!({"title": "No such task"}))
        .await
        .problem(404, "not_found");
}

async fn completion_toggles_or_is_set(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add("Buy milk").await;
    for (body, completed) in [
        (Value::Null, true),
        (Value::Null, false),
        (json!({"completed": true}), true),
        (json!({"completed": true}), true),
        (json!({"completed": false}), false),
    ] {
        let task: Task = ann.patch("tasks/1/complete", body).await.expect(200);
        assert_eq!(task.completed, completed);
    }
}

async fn a_deleted_task_can_be_restored_for_30_days(app: TestApp) {
    let ann = app.user("ann").await;
    let milk = ann.add("Buy milk").await;
    let deleted: Deleted = ann.delete("tasks/1").await.expect(200);
    assert!(deleted.message.contains("Buy milk"), "{}", deleted.message);
    ann.get("tasks/1").await.problem(404, "not_found");
    ann.delete("tasks/1").await.problem(404, "not_found");
    assert!(ann.titles("").await.is_empty());

    let restored: Task = ann.post("tasks/1/restore", Value::Null).await.expect(200);
    assert_eq!((restored.id, &restored.title), (milk.id, &milk.title));
    assert_eq!(ann.titles("").await, ["Buy milk"]);

    ann.delete("tasks/1").await.assert_status(200);
    app.advance(SignedDuration::from_hours(30 * 24 + 1));
    let ann = app.sign_in("ann").await;
    ann.post("tasks/1/restore", Value::Null)
        .await
        .problem(404, "not_found");
}

async fn ids_count_per_user_and_are_never_reused(app: TestApp) {
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    assert_eq!(ann.add("one").await.id, 1);
    assert_eq!(ann.add("two").await.id, 2);
    assert_eq!(bob.add("one").await.id, 1);
    ann.delete("tasks/2").await.assert_status(200);
    assert!(ann.add("three").await.id > 2);
}

async fn the_list_is_newest_first(app: TestApp) {
    let ann = app.user("ann").await;
    for title in ["first", "second", "third"] {
        ann.add(title).await;
    }
    // All in the same instant of the clock: the id decides.
    assert_eq!(ann.titles("").await, ["third", "second", "first"]);
    app.advance(SignedDuration::from_secs(1));
    ann.add("fourth").await;
    assert_eq!(ann.titles("?limit=2").await, ["fourth", "third"]);
}

async fn the_list_can_be_sorted(app: TestApp) {
    let ann = app.user("ann").await;
    for (title, priority, due) in [
        ("banana", "low", json!(null)),
        ("Apple", "high", json!("2026-12-01")),
        ("cherry", "none", json!("2026-11-30T23:00:00Z")),
        ("Éclair", "medium", json!("2026-12-01T08:00:00Z")),
        ("apple", "high", json!(null)),
    ] {
        ann.add_task(json!({"title": title, "priority": priority, "due_date": due}))
            .await;
    }
    let by_title = ann.titles("?sort=title").await;
    assert_eq!(by_title[2..4], ["banana", "cherry"]);
    let mut apples = by_title[..2].to_vec();
    apples.sort();
    assert_eq!(apples, ["Apple", "apple"], "case does not matter");

    assert_eq!(
        ann.titles("?sort=due_date").await[..3],
        ["cherry", "Apple", "Éclair"],
        "a day stands before its moments"
    );
    let by_priority = ann.titles("?sort=priority").await;
    assert_eq!(by_priority[2..], ["Éclair", "banana", "cherry"]);
}

async fn the_list_can_be_filtered(app: TestApp) {
    let ann = app.user("ann").await;
    ann.add_task(json!({"title": "milk", "tags": ["Home"], "due_date": "2026-11-25"}))
        .await;
    ann.add_task(
        json!({"title": "report", "tags": ["work"], "priority": "high",
        "due_date": "2026-11-26T09:00:00Z"}),
    )
    .await;
    ann.add_task(json!({"title": "nap"})).await;
    ann.patch("tasks/1/complete", Value::Null)
        .await
        .assert_status(200);

    for (query, titles) in [
        ("?status=all", vec!["nap", "report", "milk"]),
        ("?status=pending", vec!["nap", "report"]),
        ("?status=completed", vec!["milk"]),
        ("?tag=home", vec!["milk"]),
        ("?priority=high", vec!["report"]),
        ("?due_before=2026-11-26", vec!["milk"]),
        ("?due_after=2026-11-26", vec!["report"]),
        (
            "?due_after=2026-11-25&due_before=2026-11-27",
            vec!["report", "milk"],
        ),
        ("?status=pending&tag=home", vec![]),
        ("?status=&tag=&search=", vec!["nap", "report", "milk"]),
    ] {
        assert_eq!(ann.titles(query).await, titles, "{query}");
    }
    for query in [
        "?status=done",
        "?sort=colour",
        "?priority=urgent",
        "?limit=0",
        "?limit=201",
        "?limit=many",
        "?due_before=tomorrow",
    ] {
        ann.get(&format!("tasks{query}"))
            .await
            .problem(422, "invalid");
    }
}

async fn search_ignores_case_and_takes_every_character_as_it_is(app: TestApp) {
    let ann = app.user("ann").await;
    for title in [
        "100% done",
        "1000 done",
        "a_b",
        "axb",
        r"back\slash",
        "STRASSE",
        "ÉCLAIR",
        "ﬁnd",
    ] {
        ann.add(title).await;
    }
    ann.add_task(json!({"title": "other", "description": "in the Description"}))
        .await;
    for (search, titles) in [
        ("100%25", vec!["100% done"]),
        ("a_b", vec!["a_b"]),
        ("%5C", vec![r"back\slash"]),
        ("stra%C3%9Fe", vec!["STRASSE"]),
        ("%C3%A9clair", vec!["ÉCLAIR"]),
        ("e%CC%81clair", vec!["ÉCLAIR"]),
        ("find", vec!["ﬁnd"]),
        ("DESCRIPTION", vec!["other"]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(
            ann.titles(&format!("?search={search}")).await,
            titles,
            "{search}"
        );
    }
    let long = "x".repeat(201);
    ann.get(&format!("tasks?search={long}"))
        .await
        .problem(422, "invalid");
}

async fn pages_follow_one_another_without_gap_or_repetition(app: TestApp) {
    let ann = app.user("ann").await;
    let priorities = ["none", "high"];
    let due_dates = [None, Some("2026-11-25"), Some("2026-11-25T10:00:00Z")];
    for number in 0..23 {
        ann.add_task(json!({
            "title": format!("task {}", number % 5),
            "priority": priorities[number % 2],
            "due_date": due_dates[number % 3],
        }))
        .await;
    }
    for sort in ["created", "title", "due_date", "priority"] {
        let whole: TaskList = ann.get(&format!("tasks?sort={sort}")).await.expect(200);
        assert_eq!((whole.tasks.len(), &whole.next_cursor), (23, &None));
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = format!("tasks?sort={sort}&limit=5&cursor={cursor}");
            let page: TaskList = ann.get(&query).await.expect(200);
            pages.extend(page.tasks);
            match page.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(pages, whole.tasks, "{sort}");

        // A cursor belongs to its sort and filters, and to nothing else.
        let page: TaskList = ann
            .get(&format!("tasks?sort={sort}&limit=5"))
            .await
            .expect(200);
        let cursor = page.next_cursor.unwrap();
        for query in [
            format!("sort={sort}&limit=5&status=pending&cursor={cursor}"),
            format!(
                "sort={}&limit=5&cursor={cursor}",
                if sort == "title" { "created" } else { "title" }
            ),
            format!("sort={sort}&limit=5&cursor={cursor}x"),
            format!("sort={sort}&limit=5&cursor={}", &cursor[1..]),
            format!("sort={sort}&limit=5&cursor=%00"),
            format!("sort={sort}&limit=5&cursor={}", "A".repeat(1_999)),
        ] {
            let answer = ann.get(&format!("tasks?{query}")).await;
            assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        }
    }
}

async fn completed_tasks_are_cleared_and_restored_at_once(app: TestApp) {
    let ann = app.user("ann").await;
    for title in ["one", "two", "three"] {
        ann.add(title).await;
    }
    for id in [1, 3] {
        ann.patch(&format!("tasks/{id}/complete"), Value::Null)
            .await
            .assert_status(200);
    }
    let mut cleared: TaskIds = ann
        .post("tasks/clear-completed", Value::Null)
        .await
        .expect(200);
    cleared.ids.sort();
    assert_eq!(cleared.ids, [1, 3]);
    assert_eq!(ann.titles("").await, ["two"]);

    let restored: TaskIds = ann
        .post("tasks/restore", json!({"ids": [1, 3, 99]}))
        .await
        .expect(200);
    assert_eq!(restored.ids, [1, 3]);
    assert_eq!(ann.titles("?status=completed").await, ["three", "one"]);
}

async fn due_dates_come_back_in_the_kind_they_were_given(app: TestApp) {
    let ann = app.user("ann").await;
    for (given, returned) in [
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T17:00:00Z", "2026-11-24T17:00:00Z"),
        ("2026-11-25T07:30:00+14:00", "2026-11-24T17:30:00Z"),
        ("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00Z"),
    ] {
        let task: Value = ann
            .post("tasks", json!({"title": given, "due_date": given}))
            .await
            .expect(201);
        assert_eq!(task["due_date"], returned);
        let read: Value = ann.get(&format!("tasks/{}", task["id"])).await.expect(200);
        assert_eq!(read["due_date"], returned);
    }
}
