//! What the owner means to do: set for a contact, listed by when it is due.

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::{
    contact::{Contact, Source, Task},
    error::Error,
    http::{Owner, json, query},
    id::TaskId,
};

use crate::{
    State,
    fields::{MAX_FIELD, given, text},
    given::{Of, Seen},
};

/// Open tasks that are listed.
const MAX_TASKS: i32 = 500;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    #[schemars(length(min = 1, max = 200))]
    title: String,
    due_at: Option<Timestamp>,
    /// When a mail shall remind of it.
    remind_at: Option<Timestamp>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Edit {
    #[schemars(length(min = 1, max = 200))]
    title: Option<String>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Timestamp>")]
    due_at: Option<Option<Timestamp>>,
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<Timestamp>")]
    remind_at: Option<Option<Timestamp>>,
    done: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
pub struct Tasks {
    tasks: Vec<Task>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Only those that are due until then.
    until: Option<Timestamp>,
}

/// A task with whom it is about.
#[derive(Serialize, JsonSchema)]
pub struct About {
    #[serde(flatten)]
    task: Task,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct Open {
    /// Those that are due first.
    tasks: Vec<About>,
}

pub async fn list(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<Json<Tasks>, Error> {
    let store = state.twin.store();
    let (contact, tasks) = tokio::try_join!(store.contact(&of.person), store.tasks(&of.person))?;
    contact.ok_or(Error::NotFound)?;
    Ok(Json(Tasks { tasks }))
}

pub async fn add(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    request: Request,
) -> Result<(StatusCode, Json<Task>), Error> {
    let new: New = json(request).await?;
    let title = text(&new.title, MAX_FIELD)?;
    let now = Timestamp::now();
    state.twin.written_up(&of.person, now).await?;
    let mut task = Task::new(TaskId::generate(now), of.person, title, Source::Owner, now);
    (task.due_at, task.remind_at) = (new.due_at, new.remind_at);
    state.twin.store().save_task(&mut task).await?;
    Ok((StatusCode::CREATED, Json(task)))
}

pub async fn edit(
    _: Owner,
    Extract(state): Extract<State>,
    of: Of,
    seen: Seen,
    request: Request,
) -> Result<Json<Task>, Error> {
    let edit: Edit = json(request).await?;
    let title = edit.title.map(|title| text(&title, MAX_FIELD)).transpose()?;
    let mut task = state.twin.store().task(&of.person, &of.id("task")?).await?.ok_or(Error::NotFound)?;
    if task.version != seen.0 {
        return Err(Error::Conflict);
    }
    let now = Timestamp::now();
    let (known_as, was_done) = (task.title.clone(), task.done_at.is_some());
    task.title = title.unwrap_or(task.title);
    task.due_at = edit.due_at.unwrap_or(task.due_at);
    if let Some(at) = edit.remind_at {
        task.remind(at);
    }
    if let Some(done) = edit.done {
        task.done_at = done.then(|| task.done_at.unwrap_or(now));
    }
    task.updated_at = now;
    state.twin.store().save_task(&mut task).await?;
    if task.done_at.is_some() && !was_done {
        state.twin.settle(&of.person, |open| open == known_as, now).await?;
    }
    Ok(Json(task))
}

/// One that was set by itself is not set again: a conversation is read once. It is open nowhere any more.
pub async fn delete(_: Owner, Extract(state): Extract<State>, of: Of) -> Result<StatusCode, Error> {
    let store = state.twin.store();
    let task = store.task(&of.person, &of.id("task")?).await?.ok_or(Error::NotFound)?;
    store.delete_task(&task).await?;
    if task.done_at.is_none() {
        state.twin.settle(&of.person, |open| open == task.title, Timestamp::now()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

pub async fn due(_: Owner, Extract(state): Extract<State>, request: Request) -> Result<Json<Open>, Error> {
    let Due { until } = query(&request.into_parts().0)?;
    let mut tasks = state.twin.store().open_tasks(MAX_TASKS).await?;
    if let Some(until) = until {
        tasks.retain(|task| task.due_at.is_some_and(|due| due <= until));
    }
    let mut people: Vec<_> = tasks.iter().map(|task| task.person.clone()).collect();
    people.sort();
    people.dedup();
    let contacts = state.twin.store().contacts(&people).await?;
    let about = |task: Task| {
        let Contact { name, company, .. } = contacts.get(&task.person)?.clone();
        Some(About { task, name, company })
    };
    Ok(Json(Open { tasks: tasks.into_iter().filter_map(about).collect() }))
}
