//! A mail that came in: what was written, apart from what it answers to and from who signs it.

use jiff::Timestamp;
use mail_parser::{HeaderName, MessageParser, MessagePart, MimeHeaders as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::FollowUp;
use crate::{
    id::{FollowUpId, InteractionId, MailId, PersonId},
    scheduling::Booking,
};

/// Bytes of what is kept of a mail.
const MAX_TEXT: usize = 20_000;
const MAX_SUBJECT: usize = 300;
/// With which the part before the `@` begins.
const PREFIX: &str = "twin+";
/// Hexadecimal digits of the token of an address: 96 bits.
const TOKEN: usize = 24;
/// Lines at the most that say who wrote what is quoted.
const ATTRIBUTION: usize = 2;
/// Lines of a signature at the most, where nothing but its form tells it.
const MAX_SIGNATURE: usize = 8;

/// Where answers to a mail go to: `twin+<token>@…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplyAddress {
    pub token: String,
    pub person: PersonId,
    pub interaction: InteractionId,
    pub follow_up: FollowUpId,
}

impl ReplyAddress {
    /// The part before the `@`.
    pub fn local_part(&self) -> String {
        format!("{PREFIX}{}", self.token)
    }

    /// The token of a recipient that may be one of ours.
    pub fn token_in(recipient: &str) -> Option<String> {
        let (local, _) = recipient.rsplit_once('@')?;
        let token = local.strip_prefix("twin+").or_else(|| local.strip_prefix("TWIN+"))?.to_ascii_lowercase();
        let is_ours = token.len() == TOKEN && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then_some(token)
    }

    /// A new one.
    pub fn new(answered: &FollowUp) -> Self {
        Self::under(format!("{:0TOKEN$x}", rand::random::<u128>() >> 32), answered)
    }

    /// The one that organizes a meeting in the guest's calendar. It is the same whatever becomes of the meeting, because a
    /// calendar takes changes from no other (RFC 5546, 2.1.4); it leads to what was `told` of it last.
    pub fn of_booking(booking: &Booking, told: &FollowUp) -> Self {
        Self::under(Self::organizes(booking), told)
    }

    /// That address, at the domain where answers are received.
    pub fn organizer(booking: &Booking, domain: &str) -> String {
        format!("{PREFIX}{}@{domain}", Self::organizes(booking))
    }

    fn organizes(booking: &Booking) -> String {
        let digest = Sha256::digest(format!("organizer {}", booking.id));
        let half = digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        format!("{:0TOKEN$x}", half >> 32)
    }

    fn under(token: String, answered: &FollowUp) -> Self {
        Self {
            token,
            person: answered.person.clone(),
            interaction: answered.interaction.clone(),
            follow_up: answered.id.clone(),
        }
    }
}

/// A mail of a person's, in answer to one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    pub id: MailId,
    pub person: PersonId,
    /// The conversation and the mail that it answers to.
    pub interaction: InteractionId,
    pub follow_up: FollowUpId,
    /// It came from the address that we wrote to, and its domain says that it did.
    pub is_from_them: bool,
    pub subject: String,
    #[serde(flatten)]
    pub written: Written,
    /// How many files came with it. They are not kept.
    #[serde(default)]
    pub attachments: usize,
    pub at: Timestamp,
}

/// The text of a mail, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// A mail, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The address that it says it is from.
    pub from: Option<String>,
    pub subject: String,
    pub written: Written,
    pub attachments: usize,
    /// A machine wrote it: an absence note, a notice of a mailer.
    pub is_automatic: bool,
    /// What a calendar says in it (RFC 6047).
    pub calendar: Option<String>,
}

/// Reads a MIME message; `None` if it is none.
pub fn read(mime: &[u8]) -> Option<Read> {
    let message = MessageParser::default().parse(mime)?;
    // A domain vouches for one sender: of several nobody knows which.
    let senders = message.header_values(HeaderName::From).filter_map(|from| from.as_address());
    let senders: Vec<_> = senders.flat_map(|from| from.iter()).collect();
    let from = <[_; 1]>::try_from(senders).ok().and_then(|[from]| from.address());
    let header = |name: &str| message.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    let is_automatic = header("Auto-Submitted").is_some_and(|value| !value.starts_with("no"))
        || header("Precedence")
            .is_some_and(|value| matches!(value.as_str(), "bulk" | "junk" | "auto_reply" | "list"))
        || header("X-Autoreply").is_some()
        || message.content_type().is_some_and(|kind| kind.subtype() == Some("report"));
    let text = message.body_text(0).unwrap_or_default();
    let calendar = message.parts.iter().find(|part| is_calendar(part));
    Some(Read {
        from: from.map(ToOwned::to_owned),
        subject: cut(&plain(message.subject().unwrap_or_default()), MAX_SUBJECT),
        written: apart(&cut(&plain(&text), MAX_TEXT)),
        attachments: message.attachments().filter(|part| !is_calendar(part)).count(),
        is_automatic,
        calendar: calendar.and_then(|part| part.text_contents()).map(ToOwned::to_owned),
    })
}

fn is_calendar(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("text")
            && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("calendar"))
    })
}

/// Takes a text apart: what is new, what is quoted below it, and who signs it.
pub fn apart(text: &str) -> Written {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let quote = (0..lines.len()).find(|at| begins_quote(&lines, *at)).unwrap_or(lines.len());
    let (own, quoted) = lines.split_at(quote);
    let (own, signed) = own.split_at(signature_of(own).unwrap_or(own.len()));
    let joined = |lines: &[&str]| Some(lines.join("\n").trim().to_owned()).filter(|text| !text.is_empty());
    // Who answers between the lines says it below the first quote, and perhaps something above. What is quoted without
    // marks may have a quote of its own.
    let begins = quoted.iter().filter(|line| !line.is_empty()).take(1 + ATTRIBUTION);
    let is_marked = begins.copied().any(is_quoted);
    let between = quoted.iter().skip_while(|line| !is_quoted(line)).filter(|line| !is_quoted(line));
    let between: Vec<&str> = between.copied().filter(|_| is_marked).collect();
    let (between, signed_below) = between.split_at(signature_of(&between).unwrap_or(between.len()));
    let signed = if signed.is_empty() { signed_below } else { signed };
    let signed = signed.strip_prefix(&["--"]).unwrap_or(signed);
    let text: Vec<String> = [joined(own), joined(between)].into_iter().flatten().collect();
    Written { text: text.join("\n\n"), quoted: joined(quoted), signature: joined(signed) }
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Words with which mail programs begin what is quoted. A name and a time come before, over one or two lines.
const WROTE: [&str; 8] =
    ["wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "ha scritto:", "escreveu:", "schreef:"];
const DIVIDERS: [&str; 5] = [
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "________________________________",
    "-------- Original Message --------",
    "Begin forwarded message:",
];

fn begins_quote(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    if is_quoted(line) || DIVIDERS.contains(&line) {
        return true;
    }
    // In German the name comes last.
    let wrote = |text: &str| {
        WROTE.iter().any(|word| text.ends_with(word)) || text.contains(" schrieb ") && text.ends_with(':')
    };
    let names_someone = |text: &str| {
        ["On ", "Am ", "Le ", "El ", "Il ", "Em ", "Op "].iter().any(|word| text.starts_with(word))
            && text.chars().any(|c| c.is_ascii_digit())
    };
    let next = lines.get(at + 1).map(|next| next.trim()).unwrap_or_default();
    if wrote(line) && names_someone(line) || wrote(next) && names_someone(line) && !next.starts_with("On ") {
        return true;
    }
    // As Outlook writes it: a block of header fields.
    let fields = ["From:", "Von:", "De:"];
    let more = ["Sent:", "Date:", "Gesendet:", "To:", "An:", "Subject:", "Betreff:", "Envoyé :"];
    let below = lines.iter().skip(at + 1).take(3);
    fields.iter().any(|field| line.starts_with(field))
        && below.filter(|below| more.iter().any(|field| below.trim().starts_with(field))).count() >= 2
}

/// Where a signature begins.
fn signature_of(own: &[&str]) -> Option<usize> {
    if let Some(at) = own.iter().rposition(|line| *line == "--" || *line == "-- ") {
        return Some(at);
    }
    let sent_from = |line: &&str| {
        ["Sent from my ", "Get Outlook for ", "Von meinem ", "Envoyé de mon "]
            .iter()
            .any(|it| line.starts_with(it))
    };
    if let Some(at) = own.iter().position(sent_from) {
        return Some(at);
    }
    let closes = |line: &&str| {
        let line = line.trim_end_matches([',', '!', '.']).to_lowercase();
        matches!(
            line.as_str(),
            "best"
                | "best regards"
                | "kind regards"
                | "regards"
                | "cheers"
                | "many thanks"
                | "all the best"
                | "sincerely"
                | "viele grüße"
                | "beste grüße"
                | "mit freundlichen grüßen"
                | "cordialement"
        )
    };
    let at = own.iter().rposition(closes)?;
    let below = own[at..].iter().filter(|line| !line.is_empty()).count();
    (below <= MAX_SIGNATURE && at > 0).then_some(at)
}

/// Without what no one types: control characters, and marks that turn the direction of writing.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    text.chars().filter(|c| !turns(*c) && (!c.is_control() || matches!(c, '\n' | '\t'))).collect()
}

fn cut(text: &str, max: usize) -> String {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(written: &Written) -> String {
        let part = |text: &Option<String>| {
            text.as_deref().map_or("none".to_owned(), |text| text.replace('\n', " ⏎ "))
        };
        format!(
            "text: {}\nquoted: {}\nsigned: {}\n",
            written.text.replace('\n', " ⏎ "),
            part(&written.quoted),
            part(&written.signature)
        )
    }

    #[test]
    fn replies_as_mail_programs_write_them() {
        let replies = [
            ("plain", "Tuesday works.\n"),
            (
                "gmail",
                "Tuesday works.\n\nThanks!\n\nOn Tue, Jun 2, 2026 at 9:12 AM AI assistant of Alex Sample <twin@x.example> wrote:\n\n> Hi Dana,\n>\n> thank you for your call.\n",
            ),
            (
                "gmail, folded",
                "Yes please.\n\nOn Tue, Jun 2, 2026 at 9:12 AM AI assistant of Alex Sample\n<twin@x.example> wrote:\n\n> Hi Dana,\n",
            ),
            (
                "outlook",
                "See you then.\n\nBest regards,\nDana Morgan\nMorgan Search\n+1 212 555 0100\n\nFrom: AI assistant of Alex Sample <twin@x.example>\nSent: Tuesday, June 2, 2026 9:12 AM\nTo: Dana Morgan <dana@search.example>\nSubject: Thank you for your call\n\nHi Dana,\n",
            ),
            (
                "outlook, above a quote of before",
                "Fine.\n\n-----Original Message-----\nFrom: AI assistant of Alex Sample <twin@x.example>\nSent: Tuesday, June 2, 2026 9:12 AM\nTo: Dana Morgan <dana@search.example>\n\nYou asked:\n> When?\nI will ask.\n",
            ),
            (
                "apple",
                "On my way.\n\nSent from my iPhone\n\n> On 2 Jun 2026, at 09:12, AI assistant of Alex Sample <twin@x.example> wrote:\n>\n> Hi Dana,\n",
            ),
            (
                "thunderbird",
                "Könnten wir am Freitag?\n\n-- \nDana Morgan\nMorgan Search\n\nAm 02.06.26 um 09:12 schrieb AI assistant of Alex Sample:\n> Hi Dana,\n",
            ),
            (
                "german",
                "Gerne am Dienstag.\n\nViele Grüße\nDana\n\nAm 02.06.2026 um 09:12 schrieb AI assistant <twin@x.example> schrieb:\n> Hi\n",
            ),
            (
                "between the lines",
                "On Tue, Jun 2, 2026 at 9:12 AM Alex wrote:\n> Are you still interested?\nYes, very.\n> Choose a time.\nFriday at ten.\n",
            ),
            (
                "between the lines, and a word above",
                "Hi Alex,\n\nanswers inline.\n\nOn Tue, Jun 2, 2026 at 9:12 AM Alex wrote:\n> When?\nFriday at ten.\n> Where?\nHere.\n\n-- \nDana Morgan\n",
            ),
            (
                "a list that looks like a quote",
                "We need:\n> 5 years of Go\n> a driving licence\nDo you have both?\n",
            ),
            (
                "a date in the text is no quote",
                "On Tuesday, 3 June we are closed.\nHe wrote: come on Friday.\nIs that fine?\n",
            ),
            ("no text", "\n\n> Hi Dana,\n"),
            ("a long text that ends with thanks", "Cheers\nto all of you, this is a text.\n"),
        ];
        let all: Vec<String> =
            replies.iter().map(|(name, text)| format!("{name}\n{}", shown(&apart(text)))).collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_message_is_read() {
        let mime = "From: Dana Morgan <dana@search.example>\r\nTo: twin+00112233445566778899aabb@reply.example\r\n\
                    Subject: =?utf-8?q?Re=3A_Thank_you?=\r\nMIME-Version: 1.0\r\n\
                    Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
                    Tuesday works.\r\n\r\nOn Tue, Jun 2, 2026 Alex wrote:\r\n> Hi\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Tuesday</p>\r\n--b--\r\n";
        let read = read(mime.as_bytes()).unwrap();
        assert_eq!(read.from.as_deref(), Some("dana@search.example"));
        assert_eq!((read.subject.as_str(), read.written.text.as_str()), ("Re: Thank you", "Tuesday works."));
        assert!(!read.is_automatic && read.attachments == 0);
        assert_eq!(read.calendar, None);
        let part =
            "--b\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\n--b--";
        let answered = super::read(mime.replace("--b--", part).as_bytes()).unwrap();
        assert_eq!(answered.calendar.as_deref().map(str::trim), Some("BEGIN:VCALENDAR"));
        assert_eq!((answered.written.text.as_str(), answered.attachments), ("Tuesday works.", 0));
        for more in ["From: Eve <eve@evil.example>\r\nFrom: Dana", "From: eve@evil.example, Dana"] {
            let several = mime.replace("From: Dana", more);
            assert_eq!(super::read(several.as_bytes()).unwrap().from, None, "{several}");
        }
        let away = mime.replace("MIME-Version", "Auto-Submitted: auto-replied\r\nMIME-Version");
        assert!(super::read(away.as_bytes()).unwrap().is_automatic);
    }

    #[test]
    fn tokens_are_told_from_other_addresses() {
        let token = "00112233445566778899aabb".to_owned();
        let address = format!("twin+{}@reply.example", token.to_uppercase());
        assert_eq!(ReplyAddress::token_in(&address), Some(token.clone()));
        for other in ["twin@reply.example", "twin+x@reply.example", "twin+", "alex@reply.example"] {
            assert_eq!(ReplyAddress::token_in(other), None, "{other}");
        }
    }

    #[test]
    fn nothing_that_comes_in_can_steer_a_page() {
        assert_eq!(plain("a\u{202E}b\u{0}c\td\n"), "abc\td\n");
    }
}
