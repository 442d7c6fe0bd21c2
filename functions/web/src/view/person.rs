//! A person, as the head of their page.

use jiff::{Timestamp, tz::TimeZone};
use twin::{
    contact::Contact,
    follow_up::{Content, FollowUp, State},
    identity::Phone,
    memory::bond,
    scheduling::Booking,
    store::Known,
};

use super::{
    initials,
    time::{Moment, counted},
    words,
};

const UNKNOWN: &str = "Somebody without a name";

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
    /// What the clock shows where they are.
    pub clock: Option<Clock>,
    pub first_contact: Moment,
    pub conversations: String,
    pub topic: Option<String>,
    pub intent: Option<&'static str>,
    pub next_actions: Vec<String>,
    pub follow_up: &'static str,
}

#[derive(Debug)]
pub struct Clock {
    pub zone: String,
    pub iso: String,
    pub shows: String,
}

impl Clock {
    /// Where they booked from last, or else where their number is of, if that is one zone.
    fn of(contact: &Contact, bookings: &[Booking], now: Timestamp) -> Option<Self> {
        let last = bookings.iter().max_by_key(|booking| booking.created_at);
        let booked = last.and_then(|booking| TimeZone::get(&booking.guest.time_zone).ok());
        let zone = booked.or_else(|| {
            let zones = contact.contact_methods.phone.as_ref().map(Phone::zones)?;
            <[TimeZone; 1]>::try_from(zones).ok().map(|[zone]| zone)
        })?;
        let name = zone.iana_name()?.to_owned();
        let city = name.rsplit('/').next().unwrap_or(&name).replace('_', " ");
        let shows = format!("{} in {city}", now.to_zoned(zone).strftime("%a %H:%M"));
        Some(Self { iso: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), zone: name, shows })
    }
}

impl Head {
    /// `last`: what followed from the latest conversation.
    pub fn new(known: Known, last: &[&FollowUp], bookings: &[Booking], now: Timestamp) -> Self {
        let Known { contact, context, memory } = known;
        let clock = Clock::of(&contact, bookings, now);
        let bond = bond(&memory.exchanges, now);
        let (state, total) = (context.conversation_state, context.metadata.total_interactions);
        let methods = contact.contact_methods;
        let analysed = !context.professional_context.previous_interactions.is_empty();
        let intent = analysed.then(|| state.user_intent.words());
        Self {
            id: contact.id.to_string(),
            initials: contact.name.as_deref().map(initials).unwrap_or_default(),
            is_named: contact.name.is_some(),
            caller: contact.name.clone().unwrap_or_else(|| "Somebody".to_owned()),
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
            clock,
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
    fn a_clock_is_told_where_it_is_known() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let of = |number: Option<&str>, bookings: &[Booking]| {
            let phone = number.map(|number| Phone::parse(number).unwrap());
            let contact = Contact::new("per_1".parse().unwrap(), phone, now);
            Clock::of(&contact, bookings, now).map(|clock| (clock.zone, clock.shows))
        };
        let clock = |zone: &str, shows: &str| Some((zone.to_owned(), shows.to_owned()));
        assert_eq!(of(Some("+12125550100"), &[]), clock("America/New_York", "Tue 08:00 in New York"));
        assert_eq!(of(Some("+18005550123"), &[]), None, "it may be anywhere");
        assert_eq!(of(None, &[]), None);
        let booked: Booking = serde_json::from_str(
            r#"{ "id": "bkg_1", "person": "per_1", "meeting": { "id": "intro", "title": "Introduction", "minutes": 30,
            "place": "" }, "start": "2026-06-03T13:00:00Z", "end": "2026-06-03T13:30:00Z",
            "clearUntil": "2026-06-03T13:45:00Z", "day": "2026-06-03", "place": 0,
            "guest": { "timeZone": "Europe/London" }, "standing": { "state": "booked" }, "sequence": 0,
            "createdAt": "2026-03-01T16:00:00Z", "updatedAt": "2026-03-01T16:00:00Z", "version": 1 }"#,
        )
        .unwrap();
        assert_eq!(of(Some("+12125550100"), &[booked]), clock("Europe/London", "Tue 12:00 in London"));
    }

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
