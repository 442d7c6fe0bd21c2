//! Reminders of tasks: a mail to the owner, planned, sent and settled like any other follow-up.

use jiff::Timestamp;

use super::Twin;
use crate::{
    contact::Task,
    error::Error,
    follow_up::{Content, FollowUp, State},
    id::InteractionId,
    store::StoreError,
};

/// What the id of a reminder's conversation begins with: there is none, so that nothing is to be analysed.
const REMINDER: &str = "reminder-";

impl Twin {
    /// Plans the reminder of a task that is due. Doing it again plans nothing twice.
    pub(super) async fn remind(&self, mut task: Task, now: Timestamp) -> Result<(), Error> {
        let Some(reminder) = task.reminder().and_then(|at| planned(&task, at, now)) else { return Ok(()) };
        self.store.add_follow_up(&reminder).await?;
        task.reminded_at = Some(now);
        task.updated_at = now;
        match self.store.save_task(&mut task).await {
            // The owner changed it meanwhile: the next sweep looks again.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        self.enqueue(&reminder.person, &reminder.interaction).await;
        Ok(())
    }
}

/// Whether this stands for the reminder of a task rather than for a conversation.
pub(super) fn is_reminder(interaction: &InteractionId) -> bool {
    interaction.suffix().starts_with(REMINDER)
}

fn planned(task: &Task, at: Timestamp, now: Timestamp) -> Option<FollowUp> {
    let suffix = format!("{}-{}", task.id.suffix(), at.as_second());
    let of = (task.person.clone(), InteractionId::derived(&format!("{REMINDER}{suffix}")).ok()?);
    let content = Content::TaskReminder { title: task.title.clone(), due_at: task.due_at };
    let reason = "you wanted to be reminded".to_owned();
    FollowUp::of(of, content.kind().key(), content, State::Approved, reason, now)
}
