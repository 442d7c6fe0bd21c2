//! How things go: reports, what is behind them, days that are closed for good.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use omnitwin::stack::Options;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sim::scenario::Scenario;
use tests::{Bench, is_problem, model, options};
use twin::{
    analytics::{Mark, Period, Rollup, Span, on},
    contact::{Brought, Opportunity, RelationshipKind, Source, Stage},
    follow_up::{Content, FollowUp, News, State, Word},
    id::{GapId, InteractionId, OpportunityId, PersonId},
    identity::{Assurance, Email, Evidence, EvidenceSource, IdentityKey},
    interaction::{Analysis, Channel, Intent, Interaction, Left, Measured, Outcome, Status},
    knowledge::gap::Gap,
    merging::By,
    routing::RouteKind,
    screening::Recovered,
    twin::Behind,
};

async fn person(bench: &Bench) -> PersonId {
    known_by(bench, "dana@northgate.example").await
}

async fn known_by(bench: &Bench, email: &str) -> PersonId {
    let key = IdentityKey::Email(Email::parse(email).unwrap());
    let now = Timestamp::now();
    let evidence = Evidence::new(EvidenceSource::SignIn, now, None);
    bench.stack.twin.store().resolve(key, evidence, now).await.unwrap().person
}

fn held(person: &PersonId, at: Timestamp, channel: Channel, intent: Intent) -> Interaction {
    let relationship = RelationshipKind::Recruiter;
    Interaction {
        id: InteractionId::generate(at),
        person: person.clone(),
        channel,
        call_sid: None,
        dial: None,
        host: None,
        route: RouteKind::Unknown,
        level: Assurance::Claimed,
        status: Status::Analysed,
        started_at: at,
        ended_at: Some(at + SignedDuration::from_mins(2)),
        outcome: Some(Outcome::Completed),
        analysis: Some(Analysis {
            intent,
            relationship,
            summary: "A role".to_owned(),
            ..Analysis::default()
        }),
        measured: Some(Measured { left: [Left::Meeting].into(), grounded: 1, ..Measured::default() }),
        words_read: 0,
        came_later: 0,
    }
}

/// Noon of so many days ago.
fn noon(days_ago: i64) -> Timestamp {
    let date = on(Timestamp::now()).checked_sub(days_ago.days()).unwrap();
    date.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

fn tile<'a>(report: &'a Value, key: &str) -> &'a Value {
    report["tiles"].as_array().unwrap().iter().find(|tile| tile["key"] == key).unwrap()
}

#[tokio::test]
async fn nothing_happened_yet() {
    let bench = Bench::start().await;
    let report = bench.owner("/api/analytics/report").await;
    assert_eq!(tile(&report, "conversations")["now"]["value"], 0.0);
    let coverage = &tile(&report, "coverage")["now"];
    assert_eq!((coverage.get("value"), &coverage["n"]), (None, &Value::from(0)), "too little to tell");
    assert_eq!(report["trend"].as_array().unwrap().len(), 30);
    let today = bench.owner("/api/analytics/today").await;
    assert_eq!((&today["live"], &today["awaitingApproval"]), (&Value::from(vec![0; 0]), &Value::from(0)));
    let again = bench.owner("/api/analytics/today").await;
    assert_eq!(again, today, "what a browser has is not sent again only if it stays the same");
    let behind = bench.owner("/api/analytics/interactions?days=30").await;
    assert_eq!(behind, serde_json::json!({ "interactions": [] }));
    bench.stack.stop().await.unwrap();
}

/// A call, the whole way, is counted, and found behind the count.
#[tokio::test]
async fn a_call_is_counted() {
    let scenario = Scenario::built_in("recruiter").unwrap();
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    let report = bench.place(bench.caller(&scenario)).await;
    let held = bench.conversation(&report.call_sid).await;
    // Two days: it may be past midnight by now.
    let report = bench.owner("/api/analytics/report?days=2").await;
    for key in ["conversations", "first_contacts"] {
        assert_eq!(tile(&report, key)["now"]["value"], 1.0, "{key}");
    }
    let counts: Vec<_> = report["funnel"].as_array().unwrap().iter().map(|step| &step["count"]).collect();
    assert_eq!(counts, [1, 1, 1, 1, 0], "{}", report["funnel"]);
    assert!(
        report["spend"]["telephony"].as_u64().unwrap() > 0
            && held["measured"]["grounded"].as_u64() >= Some(1)
    );
    let behind = bench.owner("/api/analytics/interactions?days=2&mark=qualified&channel=phone").await;
    let found = behind["interactions"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["name"], &found[0]["id"]), (1, &"Dana Whitfield".into(), &held["id"]));
    let none = bench.owner("/api/analytics/interactions?days=2&channel=chat").await;
    assert_eq!(none["interactions"], Value::from(vec![0; 0]));
    let today = bench.owner("/api/analytics/today").await;
    assert_eq!(today["latest"][0]["id"], held["id"]);
    let csv =
        bench.as_owner(Method::GET, "/api/analytics/interactions?days=2&format=csv").send().await.unwrap();
    assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let csv = csv.text().await.unwrap();
    assert!(csv.contains("\"Dana Whitfield\""), "{csv}");
    bench.stack.stop().await.unwrap();
}

/// How many are listed behind a figure, all pages of them, each once.
async fn listed(bench: &Bench, things: &Value) -> usize {
    let (list, query) = match (things["conversations"].as_str(), things["events"].as_str()) {
        (Some(mark), _) => ("interactions", format!("mark={mark}")),
        (_, Some(event)) => ("events", format!("event={event}")),
        _ => panic!("{things} is nothing that is listed"),
    };
    let path = format!("/api/analytics/{list}?days=2&{query}");
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    loop {
        let cursor = next.map(|next| format!("&cursor={}", next.replace(' ', "%20"))).unwrap_or_default();
        let page = bench.owner(&format!("{path}{cursor}")).await;
        let found = page[list].as_array().unwrap();
        seen.extend(found.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "{path}: each once");
    count
}

/// Whatever a tile counts is listed behind it, and there are as many, whether it is made of conversations or of what else
/// happened.
#[tokio::test]
async fn what_a_tile_counts_is_listed_behind_it() {
    let scenario = Scenario::built_in("recruiter").unwrap();
    let bench = Bench::with(Options { model: model(vec![scenario.clone()]), ..options() }).await;
    bench.place(bench.caller(&scenario)).await;
    bench.stack.jobs_done().await.unwrap();
    let (twin, person, now) = (&bench.stack.twin, person(&bench).await, Timestamp::now());
    let store = twin.store();
    let source = Brought {
        by: Source::Owner,
        channel: None,
        relationship: RelationshipKind::Client,
        interaction: None,
    };
    for number in 0..60 {
        let id = OpportunityId::derived(&format!("{number:02}")).unwrap();
        let mut one =
            Opportunity::new(id, person.clone(), "A role".to_owned(), source.clone(), Stage::Lead, now);
        one.move_to(Stage::Won, Source::Owner, now);
        store.save_opportunity(&mut one).await.unwrap();
    }
    let mut gap = Gap::new(GapId::generate(now), "Which boat is it?", now);
    gap.answered_at = Some(now);
    store.save_gap(&gap, 0).await.unwrap();
    let about = held(&person, now, Channel::Phone, Intent::Networking);
    for (number, (state, word)) in
        [(State::Sent, Some(Word::AsIs)), (State::Failed, None), (State::Cancelled, Some(Word::Rejected))]
            .into_iter()
            .enumerate()
    {
        let (key, news) = (format!("key-{number}"), Content::news(News::Message, "hello".to_owned()));
        let mut one = FollowUp::new(&about, &key, news, state, String::new(), now).unwrap();
        one.decided = word;
        store.add_follow_up(&one).await.unwrap();
    }
    let spam =
        Interaction { outcome: Some(Outcome::Screened), ..held(&person, now, Channel::Phone, Intent::Spam) };
    store.open_interaction(&spam).await.unwrap();
    let recovered = Recovered {
        person: person.clone(),
        interaction: spam.id,
        call: format!("CA{:032x}", 7).parse().unwrap(),
        relationship: RelationshipKind::Recruiter,
        began_at: now,
        at: now,
    };
    store.recover(&recovered).await.unwrap();
    let other = known_by(&bench, "dana.lee@northgate.example").await;
    let (merge, _) = Box::pin(twin.merge(&person, &other, (By::Owner, Vec::new()), now)).await.unwrap();
    Box::pin(twin.unmerge(&merge.absorbed, Timestamp::now())).await.unwrap();
    let decided = "/api/analytics/events?days=2&event=follow_up_decided&format=csv";
    let csv = bench.as_owner(Method::GET, decided).send().await.unwrap().text().await.unwrap();
    for told in ["at,since,what,told,decided,name", "sent,as_is,", "cancelled,rejected,"] {
        assert!(csv.contains(told), "{told}: {csv}");
    }
    let report = bench.owner("/api/analytics/report?days=2").await;
    let by_channel = async |event: &str, channel: &str| {
        listed(&bench, &serde_json::json!({ "events": format!("{event}&channel={channel}") })).await
    };
    for step in report["funnelByChannel"]["phone"].as_array().unwrap().iter().skip(3) {
        let listed = by_channel(step["counts"]["events"].as_str().unwrap(), "phone").await;
        assert_eq!(Some(listed as u64), step["count"].as_u64(), "{step}");
    }
    assert_eq!(by_channel("opportunity_won", "owner").await, 60, "they were entered by the owner");
    assert_eq!(by_channel("follow_up_decided", "phone").await, 2);
    assert_eq!(tile(&report, "rejected")["byChannel"]["phone"]["part"], 1);
    let with = async |event: &str, kind: &str| {
        listed(&bench, &serde_json::json!({ "events": format!("{event}&relationship={kind}") })).await
    };
    assert_eq!((with("opportunity_won", "client").await, with("opportunity_won", "mentor").await), (60, 0));
    assert_eq!(
        (with("follow_up_decided", "recruiter").await, with("spam_recovered", "recruiter").await),
        (2, 1)
    );
    assert_eq!(tile(&report, "days_to_win")["byRelationship"]["client"]["n"], 60);
    assert_eq!(tile(&report, "rejected")["byRelationship"]["recruiter"]["part"], 1);
    for (key, part, n) in [("spam_recovered", 1, 1), ("merges_undone", 1, 1)] {
        let now = &tile(&report, key)["now"];
        assert_eq!((&now["part"], &now["n"]), (&part.into(), &n.into()), "{key}");
    }
    for tile in report["tiles"].as_array().unwrap().iter().filter(|tile| tile["key"] != "grounded") {
        let (all, part) = (&tile["basis"]["all"], &tile["basis"]["part"]);
        assert_eq!(Some(listed(&bench, all).await as u64), tile["now"]["n"].as_u64(), "{tile}");
        if part.is_object() {
            assert_eq!(Some(listed(&bench, part).await as u64), tile["now"]["part"].as_u64(), "{tile}");
        }
    }
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let bench = Bench::start().await;
    for path in ["report", "interactions", "events?event=gap_found", "today"] {
        let answer = bench.http.get(bench.url(&format!("/api/analytics/{path}"))).send().await.unwrap();
        is_problem(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    }
    let wrong = [
        "report?days=0",
        "report?days=732",
        "report?days=x",
        "report?from=2026-02-30",
        "report?from=9999-01-01",
        "report?from=2026-03-02&to=2026-03-01",
        "report?days=7&from=2026-03-01",
        "report?format=pdf",
        "report?unknown=1",
        "interactions?mark=all",
        "interactions?cursor=x",
        "interactions?channel=fax",
        "events",
        "events?event=anything",
        "events?event=gap_found&cursor=x",
        "events?event=gap_found&days=0",
        "events?event=gap_found&channel=phone",
        "events?event=merge_made&relationship=client",
        "events?event=opportunity_won&relationship=everybody",
        "events?event=opportunity_won&channel=fax",
    ];
    for query in wrong {
        let answer = bench.as_owner(Method::GET, &format!("/api/analytics/{query}")).send().await.unwrap();
        is_problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid").await;
    }
    bench.stack.stop().await.unwrap();
}

/// Days and their month are closed once, and a rebuild gives the same bytes; a report is put together from either.
#[tokio::test]
async fn what_is_over_is_closed_for_good() {
    let bench = Bench::start().await;
    let (twin, person) = (&bench.stack.twin, person(&bench).await);
    let store = twin.store();
    for days_ago in 0..70 {
        let at = noon(days_ago);
        store.open_interaction(&held(&person, at, Channel::Phone, Intent::JobOpportunity)).await.unwrap();
        store.open_interaction(&held(&person, at, Channel::Chat, Intent::Networking)).await.unwrap();
    }
    let now = Timestamp::now();
    let from = on(noon(69));
    let built = twin.rebuild(from, now).await.unwrap();
    assert_eq!(built.changed.len(), built.days + built.months, "all of them are new");
    assert!(built.days >= 68 && built.months >= 1, "{built:?}");
    assert_eq!(twin.rebuild(from, now).await.unwrap().changed, [], "the same bytes");
    let all = Period::new(from, on(now), on(now)).unwrap();
    let report = twin.report(all, now).await.unwrap();
    assert_eq!(report.tiles[0].now.value, Some(140.0), "days");
    let by_months = twin.report(Period::last(365, on(now)), now).await.unwrap();
    assert_eq!(by_months.tiles[0].now.value, Some(140.0), "months, and days beside them");
    let qualified = by_months.tiles.iter().find(|tile| tile.key == "qualified").unwrap();
    assert_eq!(qualified.now.value, Some(0.5));

    // What comes late to a day that is closed changes nothing, until it is counted anew.
    store.open_interaction(&held(&person, noon(40), Channel::Voice, Intent::Networking)).await.unwrap();
    twin.close_days(now).await.unwrap();
    assert_eq!(twin.report(all, now).await.unwrap().tiles[0].now.value, Some(140.0));
    let changed = twin.rebuild(from, now).await.unwrap().changed;
    let day: Date = on(noon(40));
    assert!(changed.contains(&Span::Day(day)), "{changed:?}");
    assert_eq!(twin.report(all, now).await.unwrap().tiles[0].now.value, Some(141.0));

    // Behind a count, page by page, each once.
    let wanted = Behind { channel: Some(Channel::Phone), ..Behind::default() };
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = twin.behind(all, &Behind { before, ..wanted.clone() }).await.unwrap();
        seen.extend(page.list.into_iter().map(|held| held.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let pages = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((pages, seen.len()), (70, 70));
    let old = on(now).checked_sub(800.days()).unwrap();
    assert!(twin.rebuild(old, now).await.is_err(), "what is not kept is not counted as nothing");
    bench.stack.stop().await.unwrap();
}

/// What goes on is summed up without the conversations that are not read, and a report says the same as before.
#[tokio::test]
async fn a_day_that_goes_on_is_summed_up() {
    let bench = Bench::start().await;
    let (twin, person) = (&bench.stack.twin, person(&bench).await);
    // Tomorrow, of which no sweep of today's knows.
    let (store, now) = (twin.store(), noon(-1));
    let (date, ago) = (on(now), |minutes| now - SignedDuration::from_mins(minutes));
    for minutes in [180, 120, 20] {
        let read = held(&person, ago(minutes), Channel::Phone, Intent::JobOpportunity);
        store.open_interaction(&read).await.unwrap();
    }
    let mut unread = held(&person, ago(60), Channel::Chat, Intent::Networking);
    unread.status = Status::Closed;
    store.open_interaction(&unread).await.unwrap();
    let heard = |rollup: &Rollup| rollup.tally(|_, _| true).of(Mark::Heard);
    let report = || async { twin.report(Period::last(1, date), now).await.unwrap() };
    let before = report().await;
    twin.sum_up(date, now).await.unwrap();
    let so_far = store.so_far(date).await.unwrap();
    assert_eq!((so_far.until, heard(&so_far.rollup)), (ago(5), 3), "one that is never read does not stop it");
    assert_eq!(so_far.unread, [ago(60)]);
    assert_eq!(report().await, before);
    // What is in the sum is not read again: what comes late to it waits until the day is closed.
    store.open_interaction(&held(&person, ago(150), Channel::Voice, Intent::Networking)).await.unwrap();
    assert_eq!(report().await, before);
    let later = now + SignedDuration::from_hours(1);
    twin.sum_up(date, later).await.unwrap();
    let again = store.so_far(date).await.unwrap();
    assert_eq!((&again.unread, &again.rollup), (&so_far.unread, &so_far.rollup), "nothing more is read");
    // Once it is read, it is in the sum.
    store.drop_interaction(&person, &unread.id).await.unwrap();
    store.open_interaction(&Interaction { status: Status::Analysed, ..unread }).await.unwrap();
    assert_eq!(report().await, before);
    twin.sum_up(date, later + SignedDuration::from_hours(1)).await.unwrap();
    let read = store.so_far(date).await.unwrap();
    assert_eq!((read.unread, heard(&read.rollup)), (Vec::new(), 4));
    assert_eq!(report().await, before);
    let closed = twin.rebuild(date, now + SignedDuration::from_hours(40)).await.unwrap();
    assert!(closed.changed.contains(&Span::Day(date)), "{closed:?}");
    let whole = &store.closed_days(Period { from: date, to: date }).await.unwrap()[0];
    assert_eq!(heard(whole), 5);
    bench.stack.stop().await.unwrap();
}

/// More than a page are all in the table, and a table that is full says where it goes on.
#[tokio::test]
async fn a_table_has_them_all() {
    let bench = Bench::start().await;
    let person = person(&bench).await;
    let count = 1_060;
    for number in 0..count {
        let at = noon(1) + SignedDuration::from_secs(number);
        let held = held(&person, at, Channel::Phone, Intent::Networking);
        bench.stack.twin.store().open_interaction(&held).await.unwrap();
    }
    let (mut lines, mut next) =
        (Vec::new(), Some("/api/analytics/interactions?days=3&format=csv".to_owned()));
    let mut pages = 0;
    while let Some(path) = next {
        let answer = bench.as_owner(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        lines.extend(answer.text().await.unwrap().lines().map(str::to_owned));
        pages += 1;
    }
    assert_eq!((pages, lines.len()), (2, 1 + usize::try_from(count).unwrap()), "one head, and a line each");
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 1 + usize::try_from(count).unwrap(), "each once");
    bench.stack.stop().await.unwrap();
}

/// The sweep closes days by itself, and the day that goes on stays open.
#[tokio::test]
async fn the_sweep_closes_days() {
    let bench = Bench::start().await;
    let (twin, person) = (&bench.stack.twin, person(&bench).await);
    let now = Timestamp::now();
    twin.sweep(now).await.unwrap();
    let first = twin.store().last_closed_day().await.unwrap().unwrap();
    assert!(first < on(now));
    twin.store().open_interaction(&held(&person, now, Channel::Chat, Intent::Networking)).await.unwrap();
    assert_eq!(bench.owner("/api/analytics/report?days=2").await["tiles"][0]["now"]["value"], 1.0, "live");
    let later = now + SignedDuration::from_hours(24 * 45);
    for _ in 0..3 {
        twin.close_days(later).await.unwrap();
    }
    let last = twin.store().last_closed_day().await.unwrap().unwrap();
    assert!(last > on(now) && last < on(later));
    let days = twin.store().closed_days(Period { from: first, to: last }).await.unwrap();
    assert_eq!(i64::try_from(days.len()), Ok((Period { from: first, to: last }).days()), "none is left out");
    let month = Span::month_of(on(now));
    assert!(twin.store().rollup_as_kept(month).await.unwrap().unwrap().contains("\"heard\":1"));
    bench.stack.stop().await.unwrap();
}
