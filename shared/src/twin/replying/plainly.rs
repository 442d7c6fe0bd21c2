//! An answer without a model: what is asked for plainly is done, and all else is quoted.

use jiff::Timestamp;
use serde_json::Value;

use super::{Scene, Told, tell};
use crate::{
    brain::{
        UserIntent, dialogue,
        dialogue::{Manner, Then, Wanted},
        meant, parts, reply,
        reply::MEANT,
    },
    chat::{Answer, Expects, Progress},
    error::Error,
    id::MessageId,
    interaction::{Channel, Intent, Speaker},
    language::Language,
    resume,
    store::StoreError,
    tools::Tool,
    twin::{
        Chatting, Twin,
        asking::{self, Part},
    },
};

/// What somebody means, by what they were asked before.
#[derive(Clone, Copy)]
struct Meant<'a> {
    read: &'a UserIntent,
    before: Option<&'a Expects>,
    manner: Manner,
}

impl Twin {
    pub(super) async fn plain(
        &self,
        chatting: &mut Chatting,
        scene: &Scene<'_>,
        message: &MessageId,
        progress: &Told<'_>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let before = chatting.chat.expects.clone();
        let read = dialogue::meant(scene.said, scene.read, before.as_ref());
        let manner = progress.manner();
        let meant = Meant { read: &read, before: before.as_ref(), manner };
        let parts = self.parts(scene.said, now).await?;
        let done =
            self.carried_out(scene, meant, wanted(scene, meant, &parts), (message, progress), now).await?;
        let expects = dialogue::expected(scene.said, &read, before.as_ref(), &done);
        let mut answer = if !done.is_empty() {
            done_told(scene, meant, &parts, &done)
        } else if dialogue::is_declined(scene.said, before.as_ref()) {
            known(dialogue::dropped(before.as_ref()).to_owned())
        } else if let Some(asked) = dialogue::asked_again(scene.said, before.as_ref()) {
            known(asked.to_owned())
        } else {
            self.said_plainly(chatting, scene, (&read, parts.as_slice()), now).await?
        };
        // Who asks something, and has nothing done, is known from now on by the name that they give beside it.
        let owner = &scene.persona.core.name;
        let presented = dialogue::presented(scene.written, &read, owner, manner);
        if let Some(told) = presented.filter(|_| done.is_empty() && !progress.is_unwanted()) {
            let (call, arguments) = (format!("{message}-who"), told.arguments.to_string());
            let acted = self.act_in(scene.session, &call, told.name, &arguments, progress, now);
            let acted = Box::pin(acted).await?;
            answer.done.extend(dialogue::label(told.name, &acted.output).map(str::to_owned));
        }
        self.keep_in_mind(chatting, awaited(&answer, expects, scene.said)).await?;
        tell(progress, Progress::Text(answer.text.clone())).await;
        Ok(answer)
    }

    /// Runs what is wanted, one after the other, and what follows from how each went.
    async fn carried_out(
        &self,
        scene: &Scene<'_>,
        Meant { read, before, .. }: Meant<'_>,
        wanted: Vec<Wanted>,
        (message, progress): (&MessageId, &Told<'_>),
        now: Timestamp,
    ) -> Result<Vec<(Wanted, Value)>, Error> {
        let mut done = Vec::new();
        let may = |wanted: &Wanted| progress.phone.is_none_or(|spoken| Tool::may(spoken.route, wanted.name));
        for (number, wanted) in wanted.into_iter().filter(may).enumerate() {
            if progress.is_unwanted() {
                break;
            }
            let call = format!("{message}-{number}");
            let arguments = wanted.arguments.to_string();
            let acted = self.act_in(scene.session, &call, wanted.name, &arguments, progress, now).await?;
            let one = (wanted, acted.output);
            let then = dialogue::then(scene.said, read, before, &one);
            let other = match then {
                Then::Stands => {
                    done.push(one);
                    continue;
                }
                Then::Nothing => continue,
                Then::Also(other) => {
                    done.push(one);
                    other
                }
                Then::Instead(other) => other,
            };
            let (call, arguments) = (format!("{call}-then"), other.arguments.to_string());
            let acted = self.act_in(scene.session, &call, other.name, &arguments, progress, now).await?;
            done.push((other, acted.output));
        }
        Ok(done)
    }

    async fn keep_in_mind(&self, chatting: &mut Chatting, expects: Option<Expects>) -> Result<(), Error> {
        if chatting.chat.expects == expects {
            return Ok(());
        }
        chatting.chat.expects.clone_from(&expects);
        let changed = self.store.change_chat(&chatting.place, |chat| chat.expects.clone_from(&expects)).await;
        match changed {
            // The browser has forgotten it meanwhile.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the résumé is, for whoever asks for nothing else. A link is no use to whoever speaks.
    pub(super) async fn resume_given(
        &self,
        chatting: &Chatting,
        scene: &Scene<'_>,
        now: Timestamp,
    ) -> Result<Option<Answer>, Error> {
        let is_asked = scene.session.channel == Channel::Chat && meant::asks_for_the_resume(scene.said);
        if !is_asked || !self.has_resume(now).await? {
            return Ok(None);
        }
        let name = &scene.persona.core.name;
        let text = match chatting.chat.host {
            Some(_) => {
                format!("{name}’s résumé is the resource `twin://resume.pdf`, and `twin://resume` as text.")
            }
            None => format!("Here it is: [{name}’s résumé (PDF)]({}).", resume::PATH),
        };
        Ok(Some(known(text)))
    }

    /// What is said where nothing is to be done.
    async fn said_plainly(
        &self,
        chatting: &Chatting,
        scene: &Scene<'_>,
        (read, parts): (&UserIntent, &[Part<'_>]),
        now: Timestamp,
    ) -> Result<Answer, Error> {
        if let Some(given) = self.resume_given(chatting, scene, now).await? {
            return Ok(given);
        }
        let channel = scene.session.channel;
        let answered = asking::answered(scene.persona, parts.iter(), channel);
        let reply = answered.unwrap_or_else(|| quoted(scene, read, channel));
        Ok(Answer { text: reply.text, citations: reply.citations, known: reply.known, ..Answer::default() })
    }
}

/// What a message wants done, or the first of its parts that wants anything.
fn wanted(scene: &Scene<'_>, Meant { read, before, manner }: Meant<'_>, parts: &[Part<'_>]) -> Vec<Wanted> {
    let owner = &scene.persona.core.name;
    let theirs = scene.before.iter().rev().filter(|turn| turn.speaker == Speaker::Person);
    if let Some(gone) = dialogue::wants_it_gone(scene.said, theirs.map(|turn| turn.text.as_str())) {
        return vec![gone];
    }
    let of = |part: &Part<'_>| part.wanted(scene.contact, owner, manner);
    let whole = dialogue::wanted(scene.said, read, before, scene.contact, owner, manner);
    let mut all = std::iter::once(whole).chain(parts.iter().map(of));
    let wanted = all.find(|wanted| !wanted.is_empty()).unwrap_or_default();
    // What is handed on is all of it.
    dialogue::as_written(wanted, scene.written)
}

/// What is said of what was done, with what else they asked.
fn done_told(
    scene: &Scene<'_>,
    Meant { read, before, manner }: Meant<'_>,
    parts: &[Part<'_>],
    done: &[(Wanted, Value)],
) -> Answer {
    let Scene { persona, found, said, session, contact, .. } = scene;
    let still_asked = dialogue::still_asked(before, done).into_iter();
    let told = std::iter::once(dialogue::told(persona, said, done)).chain(still_asked.map(str::to_owned));
    let text = told.collect::<Vec<_>>().join(" ");
    let labels = done.iter().filter_map(|(wanted, output)| dialogue::label(wanted.name, output));
    let done = labels.map(ToOwned::to_owned).collect();
    let is_else = |part: &&Part<'_>| {
        part.wanted(contact, &persona.core.name, manner).is_empty() && !part.found.is_empty()
    };
    // What the owner has said of being available comes before the times at which they are free, where these were asked for
    // and not chosen among.
    let asks_for_it = read.intent == Intent::Availability && !before.is_some_and(Expects::is_of_times);
    let besides = if asks_for_it && !found.is_empty() {
        // Whoever asks when to meet is shown the times, and not asked for one.
        Some(reply::reply(persona, found, said, read, session.channel))
            .filter(|besides| !besides.citations.is_empty())
    } else {
        asking::answered(persona, parts.iter().filter(is_else), session.channel)
    };
    let (text, citations) = match besides {
        Some(besides) => (format!("{}\n\n{text}", besides.text), besides.citations),
        None => (text, Vec::new()),
    };
    Answer { text, citations, known: true, done, ..Answer::default() }
}

fn quoted(scene: &Scene<'_>, read: &UserIntent, channel: Channel) -> reply::Reply {
    let Scene { persona, found, said, asked, leans, contact, before, .. } = *scene;
    let name = &persona.core.name;
    if leans && parts::wants_more(said) && found.is_empty() {
        let text = format!("That is all that I know of it. May I take a message for {name}?");
        return reply::Reply { text, citations: Vec::new(), known: false };
    }
    if leans && !found.is_empty() {
        let read = UserIntent { intent: Intent::Experience, confidence: MEANT, ..read.clone() };
        return reply::reply(persona, found, asked, &read, channel);
    }
    let read = asking::said_by_now(read, before, contact, name);
    let mut reply = reply::reply(persona, found, said, &read, channel);
    if leans && !reply.known {
        // It says nothing by itself, so it is not noted.
        reply.text = format!("I do not know that, and I will not guess. May I take a message for {name}?");
    }
    reply
}

fn known(text: String) -> Answer {
    Answer { text, known: true, ..Answer::default() }
}

/// What the twin waits for from now on. Whoever is told that it is not known is asked whether they want to leave a message;
/// whoever is not understood is asked for the message itself.
fn awaited(answer: &Answer, expects: Option<Expects>, said: &str) -> Option<Expects> {
    if answer.known {
        return expects;
    }
    // A yes to that is none to what was read back before.
    let is_beside =
        |expects: &Expects| matches!(expects, Expects::Booked { .. } | Expects::Confirmation { .. });
    let open = expects.filter(|expects| !is_beside(expects));
    let asked = || if Language::foreign(said).is_some() { Expects::Message } else { Expects::Offered };
    open.or_else(|| Some(asked()))
}
