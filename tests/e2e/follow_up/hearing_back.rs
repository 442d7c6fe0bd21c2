//! What comes back after a mail left: through SNS, signed; and by one click.

use jiff::{SignedDuration, Timestamp};
use mail_parser::{Message, MessageParser};
use omnitwin::{
    aws::ses::Mail,
    stack::{OWNER_EMAIL, Options, SIMULATED_SNS},
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sim::sns;
use tests::{Bench, is_problem, options};
use twin::{
    consent::Matter,
    follow_up::{
        FollowUp, State,
        reply::{Read, ReplyAddress, read},
    },
};

use super::{
    close, conversation,
    deciding::{ASK, approve, decide, mails_to, settings, waiting},
    states,
};
use crate::{
    crashing::{broke_off, lives},
    proving::said,
};

const THEIRS: &str = "sam@sample.example";

fn base(bench: &Bench) -> String {
    bench.url(SIMULATED_SNS)
}

async fn post(bench: &Bench, message: &Value) -> Response {
    bench.http.post(bench.url(mail::EVENTS)).json(message).send().await.unwrap()
}

pub async fn tell(bench: &Bench, event: &Value) {
    let message = sns::notification(&base(bench), sns::TOPIC, event).unwrap();
    assert_eq!(post(bench, &message).await.status(), StatusCode::NO_CONTENT);
    bench.stack.jobs_done().await.unwrap();
}

fn header(mail: &Mail, name: &str) -> String {
    let message: Message<'_> = MessageParser::default().parse(&mail.raw).unwrap();
    message.header_raw(name).unwrap_or_else(|| panic!("no {name}")).split_whitespace().collect()
}

/// An event of SES about a mail, by the tags that it carries.
fn event(mail: &Mail, kind: &str, more: &Value) -> Value {
    let tags = header(mail, "X-SES-MESSAGE-TAGS");
    let tags: serde_json::Map<String, Value> = tags
        .split(',')
        .filter_map(|tag| tag.split_once('='))
        .map(|(name, value)| (name.to_owned(), json!([value])))
        .collect();
    let mut event = json!({ "eventType": kind, "mail": { "messageId": mail.message_id, "tags": tags } });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn deliveries_bounces_and_complaints_become_states() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550182").await;
    close(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent().remove(0);
    let delivery = event(&sent, "Delivery", &json!({ "delivery": {} }));
    tell(&bench, &delivery).await;
    tell(&bench, &delivery).await;
    assert_eq!(states(&bench, &session).await, ["delivered"]);
    let complaint = json!({ "complaint": { "complainedRecipients": [{ "emailAddress": THEIRS }] } });
    for _ in 0..3 {
        tell(&bench, &event(&sent, "Complaint", &complaint)).await;
    }
    tell(&bench, &delivery).await;
    assert_eq!(states(&bench, &session).await, ["complained", "sent"], "a late delivery changes nothing");
    let [told] = mails_to(&bench, OWNER_EMAIL).try_into().unwrap();
    assert!(told.contains("They called a mail from you spam"), "once: {told}");
    let again = conversation(&bench, "+14155550182").await;
    close(&bench, &again).await;
    let mut all = states(&bench, &again).await;
    all.sort();
    assert_eq!(all, ["cancelled", "complained", "sent"], "no more mail goes there");
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// A code that somebody calls spam is the last mail that goes there, whoever asks for another.
#[tokio::test]
async fn a_code_that_is_called_spam_is_the_last() {
    let bench = Bench::start().await;
    let (_, mut chatting) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    said(&bench, &mut chatting, "Can you send me a code?").await;
    said(&bench, &mut chatting, THEIRS).await;
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    let complaint = json!({ "complainedRecipients": [{ "emailAddress": THEIRS }] });
    let mail = json!({ "messageId": bench.stack.aws().ses.sent()[0].message_id, "tags": {} });
    tell(&bench, &json!({ "eventType": "Complaint", "mail": mail, "complaint": complaint })).await;
    let (_, mut another) = bench.stack.twin.begin_chat(None, Timestamp::now()).await.unwrap();
    said(&bench, &mut another, "Can you send me a code?").await;
    let told = said(&bench, &mut another, THEIRS).await;
    assert!(told.contains("on its way"), "nobody hears whether an address is known: {told}");
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// SES tells that it arrived before whoever sent it could store that it left: it is known what it is called all the same.
#[tokio::test]
async fn a_delivery_that_comes_first_names_the_mail() {
    let bench = Bench::start().await;
    settings(&bench, ASK).await;
    let session = conversation(&bench, "+14155550189").await;
    close(&bench, &session).await;
    let store = bench.stack.twin.store();
    let one = store.follow_ups(&session.person).await.unwrap().remove(0);
    let sending = FollowUp { state: State::Sending, ..one.clone() };
    store.move_follow_up(&sending, State::AwaitingApproval).await.unwrap();
    let tags = json!({ "follow-up": [one.id], "person": [session.person] });
    let mail = json!({ "messageId": "0100abc", "tags": tags });
    tell(&bench, &json!({ "eventType": "Delivery", "mail": mail, "delivery": {} })).await;
    let known = store.follow_up(&session.person, &one.id).await.unwrap().unwrap();
    assert_eq!((known.state, known.provider_id.as_deref()), (State::Delivered, Some("0100abc")));
    bench.stack.stop().await.unwrap();
}

/// Whatever SNS did not sign changes nothing.
#[tokio::test]
async fn nothing_is_believed_unsigned() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550183").await;
    close(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent().remove(0);
    let bounce =
        json!({ "bounce": { "bounceType": "Permanent", "bouncedRecipients": [{ "emailAddress": THEIRS }] } });
    let bounce = event(&sent, "Bounce", &bounce);
    let signed = sns::notification(&base(&bench), sns::TOPIC, &bounce).unwrap();
    let change = |field: &str, value: Value| {
        let mut changed = signed.clone();
        changed[field] = value;
        changed
    };
    let elsewhere =
        sns::notification(&base(&bench), "arn:aws:sns:us-east-1:111111111111:mail", &bounce).unwrap();
    let refused = [
        change("Message", json!(bounce.to_string().replace("Permanent", "permanent"))),
        change("Timestamp", json!("2026-01-01T00:00:00Z")),
        change("MessageId", json!("other")),
        change("Signature", json!("AAAA")),
        change("Signature", json!("not base64!")),
        change("SignatureVersion", json!("3")),
        change("SigningCertURL", json!("https://evil.example/SimpleNotificationService-1.pem")),
        change("SigningCertURL", json!("https://sns.us-east-1.amazonaws.com.evil.example/a.pem")),
        change("Subject", json!("Hello")),
        elsewhere,
    ];
    for message in &refused {
        is_problem(post(&bench, message).await, StatusCode::FORBIDDEN, "forbidden").await;
    }
    is_problem(post(&bench, &json!({ "Type": "Notification" })).await, StatusCode::BAD_REQUEST, "malformed")
        .await;
    let unreadable = sns::notification(&base(&bench), sns::TOPIC, &json!({ "eventType": "Bounce" })).unwrap();
    is_problem(post(&bench, &unreadable).await, StatusCode::BAD_REQUEST, "malformed").await;
    assert_eq!(states(&bench, &session).await, ["sent"]);
    for _ in 0..2 {
        assert_eq!(post(&bench, &signed).await.status(), StatusCode::NO_CONTENT);
        bench.stack.jobs_done().await.unwrap();
    }
    assert_eq!(states(&bench, &session).await, ["bounced", "sent"]);
    let [told] = mails_to(&bench, OWNER_EMAIL).try_into().unwrap();
    assert!(told.contains("A mail to them did not arrive: it came back"), "once: {told}");
    let confirmation = sns::confirmation(&base(&bench), sns::TOPIC).unwrap();
    assert_eq!(post(&bench, &confirmation).await.status(), StatusCode::NO_CONTENT);
    bench.stack.stop().await.unwrap();
}

/// One click of a mail program, without a cookie and from nowhere, ends mails; looking at the page does not.
#[tokio::test]
async fn one_click_and_there_are_no_more_mails() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550184").await;
    close(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent().remove(0);
    assert_eq!(header(&sent, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let link = header(&sent, "List-Unsubscribe");
    let link = link.trim_start_matches('<').trim_end_matches('>').to_owned();
    let withdrawn = async || {
        let consents = bench.stack.twin.store().consents(&session.person).await.unwrap();
        twin::consent::is_withdrawn(&consents, Matter::Mails)
    };
    settings(&bench, ASK).await;
    let again = conversation(&bench, "+14155550184").await;
    close(&bench, &again).await;
    let page = bench.http.get(&link).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("No more mails, please"));
    assert!(!withdrawn().await, "looking changes nothing");
    let click =
        |link: String, value: &'static str| bench.http.post(link).form(&[("List-Unsubscribe", value)]).send();
    assert_eq!(click(link.clone(), "Two-Clicks").await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(click(format!("{link}x"), "One-Click").await.unwrap().status(), StatusCode::NOT_FOUND);
    assert!(!withdrawn().await);
    // Of the two ways in which mail programs may say it.
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let as_mime = async |body: String| {
        let post = bench.http.post(&link).header("Content-Type", "multipart/form-data; boundary=b");
        post.body(body).send().await.unwrap().status()
    };
    assert_eq!(as_mime(multipart.replace("One-", "Two-")).await, StatusCode::BAD_REQUEST);
    assert_eq!(as_mime("One-Click".to_owned()).await, StatusCode::BAD_REQUEST);
    assert!(!withdrawn().await);
    assert_eq!(as_mime(multipart.to_owned()).await, StatusCode::OK);
    assert!(withdrawn().await);
    for _ in 0..2 {
        assert_eq!(click(link.clone(), "One-Click").await.unwrap().status(), StatusCode::OK);
    }
    let one = waiting(&bench).await.remove(0);
    assert_eq!(decide(&bench, &one, approve(&one)).await.status(), StatusCode::OK);
    let mut all = states(&bench, &session).await;
    all.sort();
    assert_eq!(all, ["cancelled", "sent"], "not even what the owner approves");
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);
    bench.stack.stop().await.unwrap();
}

fn received(to: &str, id: &str, from: &str, dmarc: &str, headers: &str, text: &str) -> Value {
    let mime = format!(
        "From: Sam Sample <{from}>\r\nTo: {to}\r\nSubject: Re: Thank you\r\n{headers}MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    json!({
        "notificationType": "Received",
        "mail": { "messageId": id, "source": from },
        "receipt": {
            "recipients": [to],
            "spamVerdict": { "status": "PASS" }, "virusVerdict": { "status": "PASS" },
            "dkimVerdict": { "status": "PASS" }, "dmarcVerdict": { "status": dmarc },
            "action": { "type": "SNS", "encoding": "UTF8" }
        },
        "content": mime
    })
}

/// An answer finds its thread and its person, reaches the owner once, and ends the wait for it.
#[tokio::test]
async fn an_answer_reaches_the_owner_and_ends_the_nudge() {
    let bench = Bench::with(Options { reply_domain: Some("reply.example".to_owned()), ..options() }).await;
    settings(&bench, r#"{"links":{"booking":"https://twin.example/book"}}"#).await;
    let session = conversation(&bench, "+14155550185").await;
    close(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent().remove(0);
    let to = MessageParser::default().parse(&sent.raw).unwrap();
    let to = to.reply_to().unwrap().first().unwrap().address().unwrap().to_owned();
    assert!(to.starts_with("twin+") && to.ends_with("@reply.example"), "{to}");

    let text = "Monday works.\r\n\r\n-- \r\nSam Sample\r\n\r\nOn Mon, Jun 1, 2026 at 9:00 AM Alex wrote:\r\n> Hi Sam,";
    let away = "Auto-Submitted: auto-replied\r\n";
    tell(&bench, &received(&to, "away", THEIRS, "PASS", away, "I am away.")).await;
    assert_eq!(states(&bench, &session).await, ["planned", "sent"], "a machine's answer is none");
    let answer = received(&to, "0a1b2c", THEIRS, "PASS", "", text);
    for _ in 0..3 {
        tell(&bench, &answer).await;
    }
    tell(&bench, &received("twin+00112233445566778899aabb@reply.example", "x", THEIRS, "PASS", "", "Hi"))
        .await;
    tell(&bench, &received(&to, "other", "eve@evil.example", "FAIL", "", "Send it to me instead.")).await;

    let told = mails_to(&bench, OWNER_EMAIL);
    assert_eq!(told.len(), 2, "{told:?}");
    let theirs = told.iter().find(|text| text.contains("Monday works.")).unwrap();
    assert!(theirs.contains("They answered") && !theirs.contains("Hi Sam,"), "{theirs}");
    let others = told.iter().find(|text| text.contains("instead")).unwrap();
    assert!(others.contains("not surely from their own address"), "{others}");
    let mails = bench.stack.twin.store().mails(&session.person).await.unwrap();
    assert_eq!(mails.len(), 3);
    let mail = mails.iter().find(|mail| mail.written.text == "Monday works.").unwrap();
    assert!(mail.is_from_them && mail.interaction == session.interaction);
    assert_eq!(mail.written.signature.as_deref(), Some("Sam Sample"));
    let mut all = states(&bench, &session).await;
    all.sort();
    assert_eq!(all, ["cancelled", "sent", "sent", "sent"], "the nudge is cancelled");
    let timeline = bench.owner(&format!("/api/crm/contacts/{}/timeline", session.person)).await;
    assert!(timeline.to_string().contains("Monday works."), "it is in the timeline");
    let later = Timestamp::now() + SignedDuration::from_hours(10 * 24);
    bench.stack.twin.sweep(later).await.unwrap();
    bench.stack.jobs_done().await.unwrap();
    assert_eq!(mails_to(&bench, THEIRS).len(), 1);
    bench.stack.stop().await.unwrap();
}

/// Where answers to the one mail go that was sent.
pub async fn answered_at(bench: &Bench) -> ReplyAddress {
    let [sent] = bench.stack.aws().ses.sent().try_into().unwrap();
    let sent = MessageParser::default().parse(&sent.raw).unwrap();
    let to = sent.reply_to().unwrap().first().unwrap().address().unwrap();
    let token = ReplyAddress::token_in(to).unwrap();
    bench.stack.twin.store().reply_address(&token).await.unwrap().unwrap()
}

/// A mail of theirs that says this.
pub fn written(text: &str) -> Read {
    let mime =
        format!("From: {THEIRS}\r\nTo: twin@reply.example\r\nSubject: Re: Thank you\r\n\r\n{text}\r\n");
    read(mime.as_bytes()).unwrap()
}

/// Whoever takes in an answer dies after each number of its writes, and it never comes again: of what is stored of it the owner
/// is told, once.
#[tokio::test]
async fn an_answer_that_is_stored_is_told_of() {
    let bench = Bench::with(Options { reply_domain: Some("reply.example".to_owned()), ..options() }).await;
    let session = conversation(&bench, "+14155550198").await;
    close(&bench, &session).await;
    let (twin, answers) = (&bench.stack.twin, answered_at(&bench).await);
    lives(&bench, async |dying, writes| {
        let (text, now) = (format!("Number {writes} works."), Timestamp::now());
        broke_off(dying.wrote_back(&answers, &format!("mail-{writes}"), written(&text), true, now).await);
        twin.sweep(now + SignedDuration::from_mins(3)).await.unwrap();
        bench.stack.jobs_done().await.unwrap();
        let mails = twin.store().mails(&session.person).await.unwrap();
        let stored = mails.iter().filter(|mail| mail.written.text == text).count();
        let told = mails_to(&bench, OWNER_EMAIL).iter().filter(|told| told.contains(&text)).count();
        assert_eq!(told, stored, "after {writes} writes");
    })
    .await;
    bench.stack.stop().await.unwrap();
}

/// What one record wanted no more at an address, another one of the same address does not get either, until somebody
/// may say so.
#[tokio::test]
async fn no_more_mails_at_an_address_are_for_all_who_name_it() {
    let bench = Bench::start().await;
    let session = conversation(&bench, "+14155550194").await;
    close(&bench, &session).await;
    let sent = bench.stack.aws().ses.sent().remove(0);
    let link = header(&sent, "List-Unsubscribe");
    let link = link.trim_start_matches('<').trim_end_matches('>').to_owned();
    let click = bench.http.post(&link).form(&[("List-Unsubscribe", "One-Click")]).send().await.unwrap();
    assert_eq!(click.status(), StatusCode::OK);

    // Another telephone, the same address: somebody's word alone does not bring mails back.
    let other = conversation(&bench, "+14155550195").await;
    assert_ne!(other.person, session.person);
    close(&bench, &other).await;
    assert_eq!(states(&bench, &other).await, ["cancelled"]);
    assert_eq!(bench.stack.aws().ses.sent().len(), 1);

    // Whoever wanted no more calls again and agrees to mails.
    let again = conversation(&bench, "+14155550194").await;
    close(&bench, &again).await;
    assert_eq!(bench.stack.aws().ses.sent().len(), 2);
    bench.stack.stop().await.unwrap();
}
