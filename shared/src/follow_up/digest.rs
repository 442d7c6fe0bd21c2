//! What happened, in one mail to the owner: what needs them, who was in touch, what was decided for them, what could not be
//! answered, and what it cost.

use askama::Template;
use jiff::{Span, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use super::{
    mail::{Letter, MailError},
    settings::{Digest, FollowUpSettings},
};
use crate::interaction::Channel;

/// Of each part of a digest, so much is in it.
const MOST: usize = 20;

/// What a digest tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub since: String,
    pub needs_you: Vec<Needed>,
    /// What the owner was not mailed when it came, because it was enough for a day.
    pub left: Vec<String>,
    /// Conversations, meetings that were booked, what was left to do.
    pub happened: Vec<String>,
    /// What went out without a word of the owner's.
    pub decided: Vec<String>,
    pub unanswered: Vec<String>,
    /// Sources of what the twin knows that could not be read again, each with why and since when.
    pub unread: Vec<String>,
    /// The days of which it is told what was spent.
    pub spent_on: String,
    /// Micro-dollars.
    pub spent: u64,
    /// The models are only played: it is what they would have cost.
    pub is_simulated: bool,
    pub dashboard_url: String,
}

/// What waits for the owner's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    pub what: String,
    pub why: String,
    /// One tap: it is shown, and can be decided on.
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail/digest.txt", escape = "none")]
struct DigestText<'a> {
    told: &'a Told,
    /// Of what needs the owner, so many are left out.
    needs_more: usize,
    spent: &'a str,
}

#[derive(Template)]
#[template(path = "mail/digest.html")]
struct DigestHtml<'a> {
    told: &'a Told,
    needs_more: usize,
    spent: &'a str,
    subject: &'a str,
}

/// The digest as a mail.
pub fn letter(mut told: Told, owner: &str) -> Result<Letter, MailError> {
    let needed = told.needs_you.len();
    let subject = match needed {
        0 => "Your digest: nothing needs you".to_owned(),
        1 => "Your digest: one thing needs you".to_owned(),
        several => format!("Your digest: {several} things need you"),
    };
    let needs_more = needed.saturating_sub(MOST);
    told.needs_you.truncate(MOST);
    for part in
        [&mut told.left, &mut told.happened, &mut told.decided, &mut told.unanswered, &mut told.unread]
    {
        shortened(part);
    }
    let cents = told.spent.div_ceil(10_000);
    let played =
        if told.is_simulated { " by list prices; the models are simulated, so nothing was paid" } else { "" };
    let spent = &format!("${}.{:02}{played}", cents / 100, cents % 100);
    let text = DigestText { told: &told, needs_more, spent }.render()?;
    let html = DigestHtml { told: &told, needs_more, spent, subject: &subject }.render()?;
    Ok(Letter { to: owner.to_owned(), subject, text, html: Some(html), body: None })
}

fn shortened(part: &mut Vec<String>) {
    let more = part.len().saturating_sub(MOST);
    part.truncate(MOST);
    if more > 0 {
        part.push(format!("and {more} more"));
    }
}

/// `3 calls, 1 conversation by voice`; nothing if nobody was in touch.
pub fn in_touch(channels: &[Channel]) -> Option<String> {
    let counted = [
        (Channel::Phone, "call", "calls"),
        (Channel::Chat, "chat", "chats"),
        (Channel::Voice, "conversation by voice", "conversations by voice"),
    ];
    let counted = counted.into_iter().filter_map(|(channel, one, several)| {
        match channels.iter().filter(|held| **held == channel).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            many => Some(format!("{many} {several}")),
        }
    });
    let words = counted.collect::<Vec<_>>().join(", ");
    Some(words).filter(|words| !words.is_empty())
}

/// The last time at or before `now` at which a digest was due, and the one before it.
pub fn last_due(settings: &FollowUpSettings, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let digest = settings.digest?;
    let zone = settings.zone();
    let today = now.to_zoned(zone.clone()).date();
    let days = (0..8).filter_map(|back| today.checked_sub(Span::new().days(back)).ok());
    let due = days.filter(|day| digest.is_on(*day)).filter_map(|day| digest.time_on(day, &zone));
    let last = due.into_iter().find(|at| *at <= now)?;
    let every = if digest.on.is_some() { 7.days() } else { 1.day() };
    let before = last.to_zoned(zone.clone()).date().checked_sub(every).ok()?;
    Some((last, digest.time_on(before, &zone)?))
}

impl Digest {
    fn is_on(self, day: Date) -> bool {
        self.on.is_none_or(|on| on.weekday() == day.weekday())
    }

    fn time_on(self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        Some(day.to_datetime(self.at).to_zoned(zone.clone()).ok()?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(digest: &str, now: &str) -> Option<String> {
        let settings: FollowUpSettings =
            serde_json::from_str(&format!(r#"{{"timeZone":"Europe/Berlin","digest":{digest}}}"#)).unwrap();
        last_due(&settings, now.parse().unwrap()).map(|(last, before)| format!("{last} {before}"))
    }

    #[test]
    fn when_a_digest_is_due() {
        let daily = r#"{"at":"07:30"}"#;
        assert_eq!(
            due(daily, "2026-06-02T05:30:00Z").as_deref(),
            Some("2026-06-02T05:30:00Z 2026-06-01T05:30:00Z")
        );
        assert_eq!(
            due(daily, "2026-06-02T05:29:59Z").as_deref(),
            Some("2026-06-01T05:30:00Z 2026-05-31T05:30:00Z")
        );
        // Clocks went back in the night to 25 October: that day has 25 hours.
        assert_eq!(
            due(daily, "2026-10-25T12:00:00Z").as_deref(),
            Some("2026-10-25T06:30:00Z 2026-10-24T05:30:00Z")
        );
        let weekly = r#"{"on":"monday","at":"07:30"}"#;
        assert_eq!(
            due(weekly, "2026-06-07T12:00:00Z").as_deref(),
            Some("2026-06-01T05:30:00Z 2026-05-25T05:30:00Z")
        );
        assert_eq!(due("null", "2026-06-07T12:00:00Z"), None);
    }

    #[test]
    fn what_a_digest_says() {
        let needed = Needed {
            what: "Summary by e-mail to Dana <Morgan>".to_owned(),
            why: "they proposed a time to meet".to_owned(),
            url: "https://twin.example/decide?token=abc".to_owned(),
        };
        let told = Told {
            since: "1 June 2026".to_owned(),
            needs_you: vec![needed],
            left: vec!["A message from Sam Sample: Please read our paper.".to_owned()],
            happened: vec![
                in_touch(&[Channel::Phone, Channel::Chat, Channel::Phone]).unwrap(),
                "Dana Morgan: they have a staff role in payments.".to_owned(),
                "Booked: Introduction with Dana Morgan, Tuesday, 2 June, 15:30 (Berlin time)".to_owned(),
            ],
            decided: vec!["Summary by e-mail to Sam Sample: delivered".to_owned()],
            unanswered: vec!["Do you work with Go?".to_owned()],
            unread: vec!["https://alex.example/, since 1 June 2026: it answered 404".to_owned()],
            spent_on: "on 1 June 2026 (UTC)".to_owned(),
            spent: 1_234_567,
            is_simulated: false,
            dashboard_url: "https://twin.example/dashboard".to_owned(),
        };
        let letter = letter(told, "alex@sample.example").unwrap();
        let html = letter.html.unwrap_or_default();
        assert!(!html.contains("<Morgan>"));
        insta::assert_snapshot!("html_digest", html);
        insta::assert_snapshot!(format!("{}\n\n{}", letter.subject, letter.text));
        let many = (0..23).map(|number| format!("call {number}")).collect();
        let left = vec!["A reminder about Dana <Morgan>: call her".to_owned()];
        let told = Told { happened: many, left, ..Told::default() };
        let letter = super::letter(told, "alex@sample.example").unwrap();
        assert!(letter.subject.contains("nothing needs you"));
        assert!(letter.text.contains("call 19\n- and 3 more"), "{}", letter.text);
        let left = "\n\nBEYOND YOUR DAILY LIMIT\nYou had as many messages from me as you allow in a day. These came after \
                    that, and are told here alone:\n- A reminder about Dana <Morgan>: call her\n\n";
        assert!(letter.text.contains(left), "{}", letter.text);
        assert!(letter.html.as_deref().unwrap_or_default().contains("Dana &#60;Morgan&#62;: call her"));
        assert_eq!(in_touch(&[]), None);
    }
}
