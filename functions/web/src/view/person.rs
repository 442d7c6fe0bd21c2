//! A person, as the head of their page.

use jiff::Timestamp;
use twin::{
    follow_up::{Content, FollowUp, State},
    memory::bond,
    store::Known,
};

use super::{
    initials,
    time::{Moment, counted},
    words,
};

const UNKNOWN: &str = "Unknown caller";

/// The head of a person's page.
#[derive(Debug)]
pub struct Head {
    pub id: String,
    pub name: String,
    /// The name is theirs.
    pub is_named: bool,
    pub initials: String,
    /// What their turns in a transcript are headed with.
    pub caller: String,
    pub role: Option<String>,
    pub company: Option<String>,
    pub relationship: Option<&'static str>,
    /// How close they are, and why.
    pub strength: (&'static str, String),
    pub importance: Option<&'static str>,
    pub email: Option<String>,
    pub email_confirmed: bool,
    /// To dial and to read.
    pub number: Option<(String, String)>,
    pub industry: Option<String>,
    pub first_contact: Moment,
    pub conversations: String,
    pub topic: Option<String>,
    pub intent: Option<&'static str>,
    pub next_actions: Vec<String>,
    pub follow_up: &'static str,
}

impl Head {
    /// `last`: what followed from the latest conversation.
    pub fn new(known: Known, last: &[&FollowUp], now: Timestamp) -> Self {
        let Known { contact, context, memory } = known;
        let bond = bond(&memory.exchanges, now);
        let (state, total) = (context.conversation_state, context.metadata.total_interactions);
        let methods = contact.contact_methods;
        let analysed = !context.professional_context.previous_interactions.is_empty();
        let intent = analysed.then(|| state.user_intent.words());
        Self {
            id: contact.id.to_string(),
            initials: contact.name.as_deref().map_or_else(|| "?".to_owned(), initials),
            is_named: contact.name.is_some(),
            caller: contact.name.clone().unwrap_or_else(|| "Caller".to_owned()),
            name: contact.name.unwrap_or_else(|| UNKNOWN.to_owned()),
            role: contact.role,
            company: contact.company,
            relationship: words::relationship(contact.relationship.kind),
            strength: (words::strength(bond.strength), bond.why),
            importance: analysed.then(|| words::importance(context.professional_context.importance)),
            email: methods.email.map(|email| email.address().to_owned()),
            email_confirmed: methods.email_confirmed,
            number: methods.phone.map(|phone| (phone.as_str().to_owned(), phone.written())),
            industry: contact.professional.industry,
            first_contact: Moment::new(contact.created_at, now),
            conversations: counted(i64::try_from(total).unwrap_or(i64::MAX), "conversation"),
            topic: Some(state.current_topic)
                .filter(|topic| !topic.is_empty() && intent != Some(topic.as_str())),
            intent,
            next_actions: state.next_actions,
            follow_up: followed_up(state.follow_up_required, last),
        }
    }
}

/// What became of what the latest conversation asks for; what the owner is told of it is nothing that they get.
fn followed_up(is_required: bool, last: &[&FollowUp]) -> &'static str {
    let any = |states: &[State]| last.iter().any(|one| is_for_them(one) && states.contains(&one.state));
    if any(&[State::AwaitingApproval]) {
        "waits for your word"
    } else if any(&[State::Planned, State::Approved, State::Sending]) {
        "on its way"
    } else if any(&[State::Sent, State::Delivered]) {
        "sent"
    } else if is_required {
        "needed"
    } else {
        "not needed"
    }
}

/// A reminder that is planned goes only to whoever does not answer.
fn is_for_them(one: &FollowUp) -> bool {
    let may_never_go = matches!(one.content, Content::Nudge { .. }) && one.state == State::Planned;
    one.is_to_person() && !may_never_go
}

#[cfg(test)]
mod tests {
    use twin::{
        follow_up::{Links, News},
        identity::Email,
    };

    use super::*;

    #[test]
    fn a_follow_up_is_what_they_get() {
        let to = Email::parse("dana@northgate.example").unwrap();
        let one = |content: Content, state: State| {
            let of = ("per_1".parse().unwrap(), "int_1".parse().unwrap());
            FollowUp::of(of, "key", content, state, String::new(), Timestamp::UNIX_EPOCH).unwrap()
        };
        let mail = |state| one(Content::MissedCallEmail { to: to.clone() }, state);
        let told = one(Content::news(News::Message, "They called.".to_owned()), State::Sent);
        let about = mail(State::Sent).id;
        let nudge = Content::Nudge { to: to.clone(), about, topic: None, links: Links::default() };
        let nudge = one(nudge, State::Planned);
        for (state, expected) in [
            (State::Bounced, "needed"),
            (State::AwaitingApproval, "waits for your word"),
            (State::Approved, "on its way"),
            (State::Sent, "sent"),
        ] {
            let mail = mail(state);
            assert_eq!(followed_up(true, &[&told, &mail, &nudge]), expected, "{state:?}");
        }
        assert_eq!(followed_up(true, &[&told]), "needed");
        assert_eq!(followed_up(false, &[&told]), "not needed");
    }
}
