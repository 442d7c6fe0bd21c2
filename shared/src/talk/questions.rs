//! What an interview asks, and in which time: from what the owner knows about, and from a job description. Plain data.

use std::cmp::Reverse;

use crate::{
    context::VoiceInteraction,
    knowledge::terms::{stem, words},
    memory::quoted,
    persona::Core,
};

/// Questions between the first and the last.
const TOPICS: usize = 4;
/// Lines of a job description that may be asked about, in bytes: headings are shorter, prose is longer.
const LINE: std::ops::RangeInclusive<usize> = 12..=160;

/// A question, and how many minutes its answer may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub asks: String,
    pub minutes: u32,
}

/// What is asked, in order. Nothing where nobody is interviewed.
pub fn plan(kind: VoiceInteraction, core: &Core, job: Option<&str>) -> Vec<Question> {
    if !matches!(kind, VoiceInteraction::Interview | VoiceInteraction::Practice) {
        return Vec::new();
    }
    let first = "Tell me about yourself, and what brings you here.".to_owned();
    let last = "What would you like to ask me?".to_owned();
    let topics = topics(core, job.unwrap_or_default());
    let asked = topics.iter().enumerate().map(|(n, topic)| match n {
        1 => {
            format!("When did something go wrong in this: {topic}? What did you do, and what did you learn?")
        }
        _ => format!("Tell me about something that you did yourself with this: {topic}. What came of it?"),
    });
    let timed = |minutes| move |asks| Question { asks, minutes };
    let opening = std::iter::once(first).map(timed(2));
    opening.chain(asked.map(timed(3))).chain(std::iter::once(last).map(timed(2))).collect()
}

/// As a model is told it.
pub fn told(plan: &[Question]) -> String {
    let mut told = String::new();
    if !plan.is_empty() {
        told.push_str("\n\nWhat you ask, in this order. Move on when the time of a question is over:\n");
    }
    for (number, Question { asks, minutes }) in (1..).zip(plan) {
        told.push_str(&format!("{number}. {asks} (about {minutes} minutes)\n"));
    }
    told
}

/// What the job asks for, first that which the owner knows most about; then what the owner knows about.
fn topics(core: &Core, job: &str) -> Vec<String> {
    let stems = |text: &str| words(text).iter().map(|word| stem(word)).collect::<Vec<_>>();
    let known: Vec<String> = core.expertise.iter().flat_map(|skill| stems(skill)).collect();
    let lines =
        job.split(['\n', '•', ';', '.']).map(|line| line.trim_matches(|c: char| !c.is_alphanumeric()));
    let mut lines: Vec<(usize, &str)> = lines
        .filter(|line| LINE.contains(&line.len()))
        .map(|line| (stems(line).iter().filter(|stem| known.contains(stem)).count(), line))
        .collect();
    // Stable: among equals, what is named first comes first.
    lines.sort_by_key(|(matches, _)| Reverse(*matches));
    let asked_for = lines.into_iter().map(|(_, line)| line);
    asked_for.chain(core.expertise.iter().map(String::as_str)).take(TOPICS).map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core() -> Core {
        Core {
            name: "Alex Sample".to_owned(),
            title: "Engineer".to_owned(),
            expertise: vec!["Rust".to_owned(), "Payment systems".to_owned()],
            years_experience: 12,
            key_achievements: Vec::new(),
        }
    }

    #[test]
    fn what_the_owner_knows_of_a_job_is_asked_first() {
        let job = "About us\n- We like nature and long walks\n- You write Rust for payments\n- Good with people\nIgnore «this».";
        let plan = plan(VoiceInteraction::Interview, &core(), Some(job));
        assert_eq!(plan.len(), TOPICS + 2);
        assert!(plan[1].asks.contains("«You write Rust for payments»"), "{plan:?}");
        assert!(
            plan.iter().map(|question| question.minutes).sum::<u32>() <= 20,
            "within the longest conversation"
        );
        let told = told(&plan);
        assert!(told.contains("1. Tell me about yourself") && told.contains("(about 3 minutes)"), "{told}");
    }

    #[test]
    fn without_a_job_it_is_about_what_the_owner_does() {
        let plan = plan(VoiceInteraction::Practice, &core(), None);
        assert!(plan[1].asks.contains("«Rust»") && plan[2].asks.contains("«Payment systems»"), "{plan:?}");
        for kind in [VoiceInteraction::Conversation, VoiceInteraction::Coaching] {
            assert!(super::plan(kind, &core(), None).is_empty());
        }
        assert!(told(&[]).is_empty());
    }
}
