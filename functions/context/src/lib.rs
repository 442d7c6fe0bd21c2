//! The owner's view of a person (unified context, facts and timeline), their privacy, the persona, and the conversation
//! flow, as JSON.

mod people;
mod timeline;
mod facts;
mod flow;
mod persona;
mod privacy;
mod unify;

use axum::{
    Router,
    extract::FromRef,
    routing::{delete, get, post, put},
};
use http::Method;
use twin::{
    brain::UserIntent,
    consent::Consent,
    error::Error,
    http::{After, Operation, OwnerAuth, Route, app as router},
    id::{CallSid, FactId, PersonId},
    memory::{Brief, Fact, Given},
    persona::Versioned,
    store::{Conversation, Page},
    twin::{FollowUpPlan, Response, Twin},
};

const CONTEXT: &str = "/api/omni-context/{person}";
const FACTS: &str = "/api/omni-context/{person}/facts";
const CONSENTS: &str = "/api/people/{person}/consents";

#[derive(Clone)]
pub struct State {
    pub twin: Twin,
    pub auth: OwnerAuth,
}

impl FromRef<State> for OwnerAuth {
    fn from_ref(state: &State) -> Self {
        state.auth.clone()
    }
}

pub fn routes() -> Vec<Route<State>> {
    [contexts(), privacy(), personas(), flow()].into_iter().flatten().collect()
}

fn contexts() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/omni-context", get(people::list)).described(
            Operation::new("listPeople", "Everybody who is known, whoever was in touch last first")
                .query::<people::Query>()
                .gives::<people::Page>(200)
                .leads_to("readContext", &[("person", "$response.body#/people/0/id")]),
        ),
        Route::new(Method::POST, "/api/omni-context", post(unify::unify)).described(
            Operation::new("actOnContext", "The four actions of the Omni-Channel Service")
                .takes::<unify::Action>()
                .gives::<unify::Done>(200)
                .fails(&[404, 409, 503]),
        ),
        Route::new(Method::GET, CONTEXT, get(people::read)).described(
            of("readContext", "Contact, context, and how close they are").gives::<people::Person>(200),
        ),
        Route::new(Method::GET, "/api/omni-context/{person}/brief", get(people::brief)).described(
            of("readBrief", "What a channel would open with, if it were sure that it is they")
                .gives::<Brief>(200),
        ),
        Route::new(Method::POST, "/api/omni-context/{person}/done", post(people::done)).described(
            of("tickOff", "Tick off what is open")
                .takes::<people::Ticked>()
                .gives::<people::Open>(200)
                .fails(&[409]),
        ),
        Route::new(Method::GET, FACTS, get(facts::read)).described(
            of("listFacts", "What is remembered of them, and what held before").gives::<facts::Facts>(200),
        ),
        Route::new(Method::POST, FACTS, post(facts::state)).described(
            of("stateFact", "State a fact")
                .takes::<Given>()
                .gives::<Fact>(201)
                .fails(&[409])
                .leads_to("editFact", &[("person", "$request.path.person"), ("fact", "$response.body#/id")]),
        ),
        Route::new(Method::PUT, "/api/omni-context/{person}/facts/{fact}", put(facts::edit)).described(
            of("editFact", "Pin, correct, take back or restore a fact in the version that was read")
                .place::<FactId>("fact")
                .takes::<facts::Change>()
                .gives::<Fact>(200)
                .fails(&[409]),
        ),
        Route::new(Method::GET, "/api/omni-context/{person}/timeline", get(timeline::read)).described(
            of("readConversations", "What was said, conversation by conversation, and what followed")
                .query::<timeline::Query>()
                .gives::<timeline::Timeline>(200),
        ),
        Route::new(Method::GET, "/api/omni-context/calls/{call_sid}", get(timeline::call)).described(
            Operation::new("readCall", "What became of a call")
                .place::<CallSid>("call_sid")
                .gives::<Conversation>(200),
        ),
    ]
}

fn privacy() -> Vec<Route<State>> {
    vec![
        Route::new(Method::DELETE, "/api/people/{person}", delete(privacy::erase)).described(
            of("erasePerson", "Erase a person for good, once their id is given again")
                .query::<privacy::Confirmed>()
                .gives::<privacy::Erasure>(200),
        ),
        Route::new(Method::GET, "/api/people/{person}/export", get(privacy::export)).described(
            of("exportPerson", "Everything about a person as a file, part by part")
                .query::<After>()
                .gives::<privacy::Document>(200),
        ),
        Route::new(Method::GET, CONSENTS, get(privacy::consents)).described(
            of("listConsents", "What they were told and agreed to, the oldest first")
                .gives::<privacy::Consents>(200),
        ),
        Route::new(Method::POST, CONSENTS, post(privacy::note_consent)).described(
            of("noteConsent", "Note what you were told elsewhere")
                .takes::<privacy::Noted>()
                .gives::<Consent>(200)
                .fails(&[409]),
        ),
        Route::new(Method::GET, "/api/audit", get(privacy::audit)).described(
            Operation::new("readAudit", "Who looked at what and did what on a day, the oldest first")
                .query::<privacy::Asked>()
                .gives::<Page>(200),
        ),
    ]
}

fn personas() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/persona", get(persona::read)).described(
            Operation::new("readPersona", "Who the twin speaks for, or what a model would be told of it")
                .query::<persona::Look>()
                .gives::<persona::Shown>(200)
                .fails(&[404]),
        ),
        Route::new(Method::PUT, "/api/persona", put(persona::replace)).described(
            Operation::new("replacePersona", "Another persona in place of the version that was read")
                .takes::<persona::Replacement>()
                .gives::<Versioned>(200)
                .fails(&[409]),
        ),
        Route::new(Method::GET, "/api/persona/history", get(persona::history)).described(
            Operation::new("listPersonas", "What was saved before").gives::<persona::History>(200),
        ),
    ]
}

fn flow() -> Vec<Route<State>> {
    vec![
        Route::new(Method::POST, "/api/conversation-flow/intent", post(flow::intent)).described(
            Operation::new("determineIntent", "What somebody wants who says this")
                .takes::<flow::Said>()
                .gives::<UserIntent>(200),
        ),
        Route::new(Method::POST, "/api/conversation-flow/response", post(flow::response)).described(
            Operation::new("generateResponse", "What the twin answers to it, on a channel")
                .takes::<flow::Asked>()
                .gives::<Response>(200)
                .fails(&[503]),
        ),
        Route::new(Method::POST, "/api/conversation-flow/follow-up", post(flow::follow_up)).described(
            Operation::new("planFollowUp", "What follows from a conversation")
                .takes::<flow::Held>()
                .gives::<FollowUpPlan>(200)
                .fails(&[404, 503]),
        ),
    ]
}

fn of(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary).place::<PersonId>("person")
}

pub fn app(state: State) -> Router {
    router(routes(), state)
}

/// An id that cannot be one is answered as one that does not exist.
fn person_id(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}
