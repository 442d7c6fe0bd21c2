//! Our client of Twilio's REST API against the simulated one.

use sim::{scenario::Scenario, twilio::report::CallerEvent};
use tests::{Bench, CALL_SID};
use twin::clients::twilio::{RestError, TwilioRest};

#[tokio::test]
async fn a_call_is_hung_up_and_one_that_is_gone_is_said_to_be() {
    let bench = Bench::start().await;
    let rest = TwilioRest::new(&bench.url("/sim/twilio"), bench.stack.account.clone()).unwrap();
    let twilio = bench.stack.twilio.as_ref().unwrap();
    let mut call = twilio.place(bench.caller(&Scenario::built_in("recruiter").unwrap())).unwrap();
    while !matches!(call.events.recv().await, Some(CallerEvent::TwinAudible)) {}
    let sid = call.sid().to_owned();
    rest.hang_up(&sid.parse().unwrap()).await.unwrap();
    assert_eq!(call.report().await.unwrap().status, "completed");
    bench.settled(&sid).await;
    assert_eq!(bench.conversation(&sid).await["outcome"], "hung_up");

    let unknown = rest.hang_up(&CALL_SID.parse().unwrap()).await;
    assert!(matches!(unknown, Err(RestError::Gone)), "{unknown:?}");
    let mut account = bench.stack.account.clone();
    account.auth_token = twin::config::Secret::new("wrong");
    let stranger = TwilioRest::new(&bench.url("/sim/twilio"), account).unwrap();
    let refused = stranger.hang_up(&sid.parse().unwrap()).await;
    assert!(matches!(refused, Err(RestError::Refused(401))), "{refused:?}");
    bench.stack.stop().await.unwrap();
}
