//! What `omnitwin setup` does at Twilio, against the simulator's numbers.

use omnitwin::commands::{
    owner::Owner,
    setup::{
        number::{Account, NumberError, Urls},
        trial,
    },
};
use tests::Bench;
use twin::config::Secret;

fn urls(base: &str) -> Urls {
    Urls {
        voice_url: format!("{base}/api/phone/webhook"),
        voice_fallback_url: format!("{base}/api/phone/fallback"),
        status_callback: format!("{base}/api/phone/status"),
        sms_url: format!("{base}/api/phone/texts"),
    }
}

fn account(bench: &Bench, token: &str) -> Account {
    let account = &bench.stack.account;
    Account::new(&bench.url("/sim/twilio"), &account.account_sid, Secret::new(token.to_owned())).unwrap()
}

#[tokio::test]
async fn a_number_is_bought_pointed_at_us_and_given_back() {
    let bench = Bench::start().await;
    let account = account(&bench, bench.stack.account.auth_token.reveal());
    let wanted = account.for_sale("US", "212").await.unwrap();
    assert!(wanted.starts_with("+1212"), "{wanted}");
    assert!(account.find(&wanted).await.unwrap().is_none());
    let bought = account.buy(&wanted).await.unwrap();
    let before = bought.urls.clone();
    assert_eq!((bought.phone_number.as_str(), before.voice_url.as_str()), (wanted.as_str(), ""));
    let taken = account.buy(&wanted).await.unwrap_err();
    assert!(matches!(taken, NumberError::Refused { status: 400, .. }), "{taken}");
    let ours = urls("https://twin.example.com");
    for _ in 0..2 {
        assert_eq!(account.point(&bought, &ours).await.unwrap().urls, ours);
    }
    assert_eq!(account.find(&wanted).await.unwrap().unwrap().urls, ours);
    account.point(&bought, &before).await.unwrap();
    assert_eq!(account.find(&wanted).await.unwrap().unwrap().urls, before, "as it was");
    account.release(&bought).await.unwrap();
    assert!(account.find(&wanted).await.unwrap().is_none());
    let gone = account.release(&bought).await.unwrap_err();
    assert!(matches!(gone, NumberError::Refused { status: 404, .. }), "{gone}");
    bench.stack.stop().await.unwrap();
}

/// The owner as a contact of their own, for the test call; gone again when setup is taken back.
#[tokio::test]
async fn whoever_sets_it_up_is_a_contact_until_it_is_taken_back() {
    let bench = Bench::start().await;
    let (base, token) = (bench.url(""), bench.stack.secrets.owner_token.clone());
    let (owner, yours) = (Owner::new(&base, &token), "+14155550123");
    let person = trial::contact(&owner, yours).await.unwrap();
    assert_eq!(owner.person(yours).await.unwrap().as_ref(), Some(&person));
    for _ in 0..2 {
        trial::forget(&owner, &person).await.unwrap();
    }
    assert_eq!(owner.person(yours).await.unwrap(), None);
    let stranger = trial::contact(&Owner::new(&base, "another token"), yours).await.unwrap_err();
    assert!(stranger.to_string().contains("401"), "{stranger}");
    bench.stack.stop().await.unwrap();
}

#[tokio::test]
async fn what_twilio_refuses_is_said() {
    let bench = Bench::start().await;
    let stranger = account(&bench, "another token");
    assert!(matches!(stranger.find("+14155550100").await, Err(NumberError::Credentials)));
    let own = account(&bench, bench.stack.account.auth_token.reveal());
    assert!(matches!(own.for_sale("XX", "1").await, Err(NumberError::Refused { status: 404, .. })));
    let broken = own.buy("+1-415-TOP-MUSI").await.unwrap_err();
    assert!(broken.to_string().contains("is not valid"), "{broken}");
    bench.stack.stop().await.unwrap();
}
