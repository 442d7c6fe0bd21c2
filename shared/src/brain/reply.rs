//! Answers put together from passages, for when no model is asked: they quote, name their sources, and say so when
//! nothing is known.

mod aloud;
mod asked;
mod chosen;
mod courteous;
mod in_quotes;
mod kind;
mod lines;
#[cfg(test)]
mod samples;
mod shown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    aloud::spoken,
    chosen::best_sentences,
    courteous::{approached, courtesy, of_a_quote, of_the_twin},
    in_quotes::{in_quotes, is_of_its_writer},
    lines::ended,
};
pub use self::{
    asked::{asks, asks_of, is_about, is_for_the_owner, needs_support},
    chosen::sentence_about,
    kind::names_amount,
};
use crate::{
    brain::{UserIntent, meant},
    chat::Cited,
    interaction::{Channel, Intent},
    knowledge::library::Found,
    language::Language,
    persona::Persona,
};

/// The mission's `ChannelOptimizedResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub text: String,
    /// Where what the text says was read; none for an abstention and for small talk.
    pub citations: Vec<Cited>,
    /// `false`: nothing supports an answer, and the text says so.
    pub known: bool,
}

/// Sentences that are quoted, by channel: what is heard must be short.
const SENTENCES: [(Channel, usize); 3] = [(Channel::Chat, 4), (Channel::Voice, 2), (Channel::Phone, 1)];
/// How sure it is what is meant by a yes to something that was offered: a nod alone is never as sure.
pub const MEANT: f32 = 1.0;

/// An answer to what was said, on a channel, from what was found.
pub fn reply(persona: &Persona, found: &[Found], said: &str, read: &UserIntent, channel: Channel) -> Reply {
    // Where it is not known when they are free, who asks for it is asked for a time.
    let meets = meant::asks_when_to_meet(said, read) && (found.is_empty() || !read.slots.times.is_empty());
    let to_meet = UserIntent { intent: Intent::MeetingRequest, confidence: MEANT, ..read.clone() };
    let read = if meets { &to_meet } else { read };
    let courtesy = || match needs_support(persona, said, read) {
        true => None,
        false => courtesy(persona, said, read),
    };
    let courteous = |text| Reply { text, citations: Vec::new(), known: true };
    if let Some(text) = of_the_twin(persona, found, said).or_else(courtesy) {
        return courteous(text);
    }
    if !found.is_empty() {
        return quoted(persona, found, (said, read), channel);
    }
    not_understood(persona, said)
        .or_else(|| approached(persona, said, read).map(courteous))
        .unwrap_or_else(|| unknown(persona, said, read.intent))
}

/// Without a model a question is read in English alone.
fn not_understood(persona: &Persona, said: &str) -> Option<Reply> {
    let words = Language::foreign(said)?.words();
    let text = words.in_english.replace("{owner}", &persona.core.name);
    Some(Reply { text, citations: Vec::new(), known: false })
}

/// An abstention.
pub fn unknown(persona: &Persona, said: &str, intent: Intent) -> Reply {
    let name = &persona.core.name;
    let text = match is_for_the_owner(name, said, intent) {
        false => {
            format!("I can only speak about {name}'s work, and this I do not know. May I take a message?")
        }
        true => format!(
            "I do not know that, and I will not guess. I have noted the question for {name}. May I take a message?"
        ),
    };
    Reply { text, citations: Vec::new(), known: false }
}

fn quoted(persona: &Persona, found: &[Found], (said, read): (&str, &UserIntent), channel: Channel) -> Reply {
    let (text, citations) = shown::code(found, channel)
        .unwrap_or_else(|| in_sentences(persona, &shown::prose(found), said, channel));
    let text = match (of_a_quote(persona, said, read), channel) {
        (None, _) => text,
        (Some(besides), Channel::Chat) => format!("{text}\n\n{besides}"),
        (Some(besides), Channel::Voice | Channel::Phone) => format!("{text} {besides}"),
    };
    let text = if persona.sample && channel == Channel::Chat { text + "\n(Sample data.)" } else { text };
    Reply { text, citations, known: true }
}

fn in_sentences(persona: &Persona, found: &[Found], said: &str, channel: Channel) -> (String, Vec<Cited>) {
    let limit = SENTENCES.iter().find(|(of, _)| *of == channel).map_or(1, |(_, limit)| *limit);
    let chosen = best_sentences(&persona.core.name, found, said, limit);
    let mut citations: Vec<Cited> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    // Of which passage the sentence before it was, where its writer spoke of themselves.
    let mut spoke: Option<usize> = None;
    for sentence in &chosen {
        let passage = &found[sentence.passage];
        let known = citations.iter().find(|known| known.origin == passage.citation);
        let number = known.map_or(citations.len() + 1, |known| known.number);
        if number > citations.len() {
            citations.push(Cited::of(number, passage));
        }
        let aloud = channel != Channel::Chat;
        let text = ended(&sentence.text);
        let text = if aloud { spoken(&text) } else { text };
        let speaks = is_of_its_writer(&text).then_some(sentence.passage);
        let text = match speaks {
            Some(_) => in_quotes(&persona.core.name, passage.citation.kind, &text, speaks == spoke, aloud),
            None => text,
        };
        spoke = speaks;
        parts.push(if aloud { text } else { format!("{text} [{number}]") });
    }
    let text = match channel {
        Channel::Chat => parts.join(" "),
        Channel::Voice => format!("{} This is from {}.", parts.join(" "), titles(&citations)),
        Channel::Phone => parts.join(" "),
    };
    (text, citations)
}

fn titles(citations: &[Cited]) -> String {
    let mut titles: Vec<&str> = citations.iter().map(|citation| citation.origin.title.as_str()).collect();
    titles.dedup();
    titles.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::{
        samples::{found, persona},
        *,
    };
    use crate::{brain::slots::Slots, knowledge::document::SourceKind};

    #[test]
    fn who_writes_in_another_language_is_told_in_it() {
        for (said, words) in [
            ("Guten Tag, was kostet eine Stunde?", "nur auf Englisch"),
            ("¿Qué precio tiene una hora, por favor?", "preguntas en inglés"),
            ("Bonjour, combien coûte une heure avec vous ?", "qu'en anglais"),
        ] {
            let read = UserIntent { intent: Intent::OutOfScope, confidence: 0.3, slots: Slots::default() };
            let told = reply(&persona(), &[], said, &read, Channel::Chat);
            assert!(
                !told.known && told.text.contains(words) && told.text.contains("Alex Sample"),
                "{said}: {}",
                told.text
            );
        }
    }

    #[test]
    fn what_the_owner_wrote_of_themselves_is_no_word_of_the_twin() {
        let read = UserIntent { intent: Intent::Experience, confidence: 0.9, slots: Slots::default() };
        let mut note = found("I moved the ledger to Rust. It took a year.");
        note.citation.kind = SourceKind::Note;
        let told = |found: Found, channel| {
            reply(&persona(), &[found], "What has Alex done with the ledger?", &read, channel).text
        };
        let written = told(note.clone(), Channel::Chat);
        assert!(written.starts_with("Alex Sample writes: “I moved the ledger to Rust.” [1]"), "{written}");
        assert!(told(note, Channel::Phone).starts_with("Alex Sample writes: “I moved the ledger to Rust.”"));
        let other = told(found("I moved the ledger to Rust."), Channel::Chat);
        assert!(other.starts_with("“I moved the ledger to Rust.” [1]"), "{other}");
    }

    #[test]
    fn who_asks_when_to_meet_is_asked_for_a_time() {
        let times = |said: &str| Slots { times: vec![said.to_owned()], ..Slots::default() };
        let read = |slots| UserIntent { intent: Intent::Availability, confidence: 0.9, slots };
        let open = [found("Open to staff roles.")];
        let told = |said: &str, found: &[Found], slots: Slots| {
            reply(&persona(), found, said, &read(slots), Channel::Phone).text
        };
        let asked = "I can propose a time to Alex Sample.";
        assert!(told("When is she free next week?", &[], times("next week")).starts_with(asked));
        assert!(told("When is she free next week?", &open, times("next week")).starts_with(asked));
        assert!(told("When is she free?", &[], Slots::default()).starts_with(asked));
        assert_eq!(told("When is she free?", &open, Slots::default()), "Open to staff roles.");
        assert!(told("Is Alex available for new work?", &[], Slots::default()).starts_with("I do not know"));
        assert!(told("When can Alex start?", &[], Slots::default()).starts_with("I do not know"));
    }

    #[test]
    fn a_nod_is_no_question() {
        let persona = persona();
        let read = UserIntent { intent: Intent::OutOfScope, confidence: 0.3, slots: Slots::default() };
        for said in ["yes", "Thanks!", "ok, thanks", "OK.", "No, thank you.", "That’s all"] {
            let reply = reply(&persona, &[], said, &read, Channel::Chat);
            assert!(reply.known && reply.text.starts_with("All right."), "{said}: {}", reply.text);
        }
        assert!(!reply(&persona, &[], "yes, and what about Kafka?", &read, Channel::Chat).known);
    }

    #[test]
    fn a_question_about_the_owner_is_no_courtesy() {
        let persona = persona();
        let read = |intent, confidence| UserIntent { intent, confidence, slots: Slots::default() };
        let rows = [
            ("Did Alex sell crypto?", Intent::Spam, 0.88, true),
            ("did alex work at google", Intent::Spam, 0.6, true),
            ("Why did she leave the last job?", Intent::Complaint, 0.9, true),
            ("Is Alex married?", Intent::SmallTalk, 0.45, true),
            ("Is Alex nice?", Intent::SmallTalk, 0.83, true),
            ("Has Alex consulted for banks?", Intent::Consultation, 0.67, true),
            ("how many years did you work at Globex", Intent::Identity, 0.43, true),
            ("How are you?", Intent::SmallTalk, 0.94, false),
            ("Do you like your job?", Intent::SmallTalk, 0.9, true),
            ("hello?", Intent::SmallTalk, 0.9, false),
            ("you are useless", Intent::Complaint, 0.9, false),
            ("Is this conversation recorded?", Intent::OutOfScope, 0.9, false),
            ("Are you a bot?", Intent::Identity, 1.0, false),
            ("Do you want to improve your SEO?", Intent::Spam, 0.99, false),
            ("Does Alex have time for a call on Friday?", Intent::MeetingRequest, 0.99, false),
            ("Could Alex call me back?", Intent::CallbackRequest, 0.99, false),
            ("Tell Alex that this is a scandal.", Intent::Complaint, 0.4, false),
            ("buy crypto now", Intent::Spam, 0.4, false),
        ];
        for (said, intent, confidence, expected) in rows {
            let read = read(intent, confidence);
            assert_eq!(needs_support(&persona, said, &read), expected, "{said}");
            assert_eq!(reply(&persona, &[], said, &read, Channel::Chat).known, !expected, "{said}");
        }
        let sold = [found("Alex sold crypto in 2017.")];
        let told = reply(&persona, &sold, "Did Alex sell crypto?", &read(Intent::Spam, 0.88), Channel::Phone);
        assert_eq!((told.text.as_str(), told.citations.len()), ("Alex sold crypto in 2017.", 1));
    }
}
