use twin::store::oauth::Scope;

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "https://host.example/cb";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn consented() -> Grant {
    let consent = Consent {
        id: "grant",
        who: &Who::Owner,
        client: "client",
        resource: Resource::Owner,
        scopes: &Scopes::named("owner:read owner:write"),
        code_hash: "code",
        redirect_uri: REDIRECT,
        challenge: CHALLENGE,
    };
    begin(&consent, at(0))
}

fn redemption() -> Redemption<'static> {
    Redemption {
        hash: "code",
        client: "client",
        redirect_uri: Some(REDIRECT),
        verifier: VERIFIER,
        resource: Some(Resource::Owner),
    }
}

fn rotation(hash: &str) -> Rotation<'_> {
    Rotation { hash, family: "family", client: "client", resource: None, scopes: None }
}

fn fresh<'a>(access: &'a str, refresh: &'a str) -> Fresh<'a> {
    Fresh { access, refresh, family: "family" }
}

fn goes(decision: Decision) -> Grant {
    match decision {
        Decision::Goes(grant, _) => *grant,
        other => panic!("{other:?}"),
    }
}

fn redeemed() -> Grant {
    goes(redeem(&consented(), &redemption(), fresh("a1", "r1"), at(1)))
}

#[test]
fn a_code_gives_tokens() {
    let grant = redeemed();
    assert!(grant.code.used);
    assert_eq!(grant.refresh, ["r1"]);
    assert_eq!(grant.expires_at, at(1) + REFRESH_FOR);
    let scopes = allowed(&grant, "a1", Resource::Owner, at(2)).unwrap();
    assert!(scopes.contains(Scope::Write) && !scopes.contains(Scope::Call));
    let silent = Redemption { redirect_uri: None, resource: None, ..redemption() };
    assert_eq!(goes(redeem(&consented(), &silent, fresh("a1", "r1"), at(1))), grant);
}

#[test]
fn a_code_is_bound() {
    let whole = redemption();
    let refused = Decision::Refused(Refusal::Grant);
    let rows = [
        (Redemption { hash: "other", ..whole }, refused.clone()),
        (Redemption { client: "other", ..whole }, refused.clone()),
        (Redemption { redirect_uri: Some("https://host.example/cb/"), ..whole }, refused.clone()),
        (Redemption { redirect_uri: Some(""), ..whole }, refused.clone()),
        (Redemption { verifier: CHALLENGE, ..whole }, refused.clone()),
        (Redemption { verifier: "", ..whole }, refused.clone()),
        (Redemption { resource: Some(Resource::Visitor), ..whole }, Decision::Refused(Refusal::Target)),
    ];
    for (shown, expected) in rows {
        assert_eq!(redeem(&consented(), &shown, fresh("a", "r"), at(1)), expected, "{shown:?}");
    }
    let late = at(0) + CODE_FOR;
    assert_eq!(redeem(&consented(), &whole, fresh("a", "r"), late), refused);
    assert!(matches!(
        redeem(&consented(), &whole, fresh("a", "r"), late - SignedDuration::from_secs(1)),
        Decision::Goes(..)
    ));
}

#[test]
fn a_code_that_comes_back_ends_the_grant() {
    assert_eq!(redeem(&redeemed(), &redemption(), fresh("a2", "r2"), at(2)), Decision::Ends);
    let by_another = Redemption { client: "other", verifier: "", ..redemption() };
    assert_eq!(redeem(&redeemed(), &by_another, fresh("a2", "r2"), at(2)), Decision::Ends);
    let guessed = Redemption { hash: "guess", ..redemption() };
    assert_eq!(redeem(&redeemed(), &guessed, fresh("a2", "r2"), at(2)), Decision::Refused(Refusal::Grant));
}

#[test]
fn a_refresh_token_is_replaced_by_the_next() {
    let second = goes(rotate(&redeemed(), &rotation("r1"), fresh("a2", "r2"), at(100)));
    assert_eq!(second.refresh, ["r2"]);
    assert_eq!(second.expires_at, at(100) + REFRESH_FOR);
    // What was given before is good until it expires.
    assert!(allowed(&second, "a1", Resource::Owner, at(101)).is_some());
    let third = goes(rotate(&second, &rotation("r2"), fresh("a3", "r3"), at(200)));
    assert_eq!(third.refresh, ["r3"]);
    assert_eq!(rotate(&third, &rotation("r1"), fresh("a4", "r4"), at(201)), Decision::Ends);
}

#[test]
fn a_lost_answer_may_be_asked_for_again_for_a_moment() {
    let second = goes(rotate(&redeemed(), &rotation("r1"), fresh("a2", "r2"), at(100)));
    let again = goes(rotate(
        &second,
        &rotation("r1"),
        fresh("a3", "r3"),
        at(100) + GRACE - SignedDuration::from_secs(1),
    ));
    assert_eq!(again.refresh, ["r2", "r3"]);
    // Whichever answer arrived is used, and then the other one is spent.
    for (used, other) in [("r2", "r3"), ("r3", "r2")] {
        let next = goes(rotate(&again, &rotation(used), fresh("a4", "r4"), at(300)));
        assert_eq!(next.refresh, ["r4"]);
        assert_eq!(rotate(&next, &rotation(other), fresh("a5", "r5"), at(301)), Decision::Ends);
    }
    assert_eq!(rotate(&second, &rotation("r1"), fresh("a3", "r3"), at(100) + GRACE), Decision::Ends);
}

/// Whoever knows a grant's name alone can neither use nor end it.
#[test]
fn a_guess_ends_nothing() {
    let refused = Decision::Refused(Refusal::Grant);
    let guess = |hash| Rotation { family: "guess", ..rotation(hash) };
    let second = goes(rotate(&redeemed(), &rotation("r1"), fresh("a2", "r2"), at(100)));
    for hash in ["guess", "a1", "code", ""] {
        assert_eq!(rotate(&second, &guess(hash), fresh("a", "r"), at(101)), refused, "{hash}");
        assert_eq!(rotate(&consented(), &guess(hash), fresh("a", "r"), at(1)), refused, "{hash}");
    }
    assert_eq!(rotate(&second, &rotation("r0"), fresh("a", "r"), at(101)), Decision::Ends);
}

#[test]
fn repetitions_are_bounded() {
    let mut grant = goes(rotate(&redeemed(), &rotation("r1"), fresh("a2", "r2"), at(100)));
    for number in 1..MAX_REFRESH {
        grant = goes(rotate(&grant, &rotation("r1"), fresh("a", &format!("again{number}")), at(101)));
    }
    assert_eq!(grant.refresh.len(), MAX_REFRESH);
    let refused = Decision::Refused(Refusal::Grant);
    assert_eq!(rotate(&grant, &rotation("r1"), fresh("a", "r"), at(102)), refused);
    assert!(grant.access.len() <= MAX_ACCESS);
}

#[test]
fn a_refresh_is_bound() {
    let grant = redeemed();
    let shown = rotation("r1");
    let (less, more) = (Scopes::named("owner:read"), Scopes::named("owner:read owner:call"));
    let rows = [
        (Rotation { client: "other", ..shown }, Refusal::Grant),
        (Rotation { resource: Some(Resource::Visitor), ..shown }, Refusal::Target),
        (Rotation { scopes: Some(&more), ..shown }, Refusal::Scope),
        (Rotation { scopes: Some(&Scopes::default()), ..shown }, Refusal::Scope),
    ];
    for (shown, refusal) in rows {
        assert_eq!(rotate(&grant, &shown, fresh("a", "r"), at(2)), Decision::Refused(refusal), "{shown:?}");
    }
    assert_eq!(rotate(&grant, &shown, fresh("a", "r"), grant.expires_at), Decision::Refused(Refusal::Grant));
    assert_eq!(rotate(&consented(), &shown, fresh("a", "r"), at(2)), Decision::Refused(Refusal::Grant));

    let narrow = goes(rotate(&grant, &Rotation { scopes: Some(&less), ..shown }, fresh("a2", "r2"), at(2)));
    assert_eq!(allowed(&narrow, "a2", Resource::Owner, at(3)).unwrap(), less);
    assert_eq!(narrow.scopes, grant.scopes, "the next one may have all of them again");
}

#[test]
fn an_access_token_is_good_for_its_resource_and_its_hour() {
    let grant = redeemed();
    let end = at(1) + ACCESS_FOR;
    assert!(allowed(&grant, "a1", Resource::Owner, end - SignedDuration::from_secs(1)).is_some());
    assert!(allowed(&grant, "a1", Resource::Owner, end).is_none());
    assert!(allowed(&grant, "a1", Resource::Visitor, at(2)).is_none());
    for hash in ["r1", "code", "a2", ""] {
        assert!(allowed(&grant, hash, Resource::Owner, at(2)).is_none(), "{hash}");
    }
    assert!(holds(&grant, "a1") && holds(&grant, "r1") && !holds(&grant, "code"));
}

#[test]
fn a_grant_stays_small() {
    let mut grant = redeemed();
    let mut last = "r1".to_owned();
    for number in 2..100 {
        let (access, refresh) = (format!("a{number}"), format!("r{number}"));
        grant = goes(rotate(&grant, &rotation(&last), fresh(&access, &refresh), at(number)));
        last = refresh;
        assert!(grant.access.len() <= MAX_ACCESS && grant.refresh.len() == 1);
    }
}
