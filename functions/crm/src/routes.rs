//! The owner's routes, each with what it takes and gives.

use axum::routing::{delete, get, patch, post, put};
use http::Method;
use schemars::JsonSchema;
use twin::{
    contact::{Contact, Note, Opportunity, Task},
    follow_up::settings::SavedFollowUpSettings,
    http::{Operation, Route},
    id::{ChangeId, FollowUpId, NoteId, OpportunityId, PersonId, TaskId},
    merging::{Merge, Plan, Proposal},
};

use crate::{
    State, changes, contacts, files, follow_ups, keys, merges, notes, opportunities, tasks, timeline,
};

const SETTINGS: &str = "/api/crm/follow-ups/settings";
const CONTACT: &str = "/api/crm/contacts/{person}";

pub fn routes() -> Vec<Route<State>> {
    [
        contacts(),
        changes_and_keys(),
        notes(),
        tasks(),
        opportunities(),
        decisions(),
        follow_ups(),
        merges(),
        in_files(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn contacts() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/contacts", get(contacts::list)).described(
            Operation::new("listContacts", "Contacts: filtered, sorted, searched, page by page")
                .query::<contacts::Query>()
                .gives::<contacts::Page>(200),
        ),
        Route::new(Method::POST, "/api/crm/contacts", post(contacts::create)).described(
            person_follows(Operation::new("createContact", "A new contact"))
                .takes::<crate::fields::Fields>()
                .gives::<Contact>(201)
                .fails(&[409]),
        ),
        Route::new(Method::GET, CONTACT, get(contacts::read)).described(
            of("readContact", "A contact, with what is kept beside it").gives::<contacts::Full>(200),
        ),
        Route::new(Method::PATCH, CONTACT, patch(contacts::edit)).described(
            of("editContact", "Fields that the owner typed: what is left out stays, null empties")
                .replaces()
                .takes::<crate::fields::Fields>()
                .gives::<Contact>(200),
        ),
        Route::new(Method::PUT, "/api/crm/contacts/{person}/tags/{tag}", put(contacts::tag))
            .described(tag("tagContact", "Give a tag")),
        Route::new(Method::DELETE, "/api/crm/contacts/{person}/tags/{tag}", delete(contacts::untag))
            .described(tag("untagContact", "Take a tag away")),
        Route::new(Method::GET, "/api/crm/contacts/{person}/timeline", get(timeline::read)).described(
            of("readTimeline", "All that happened with a contact, over all channels, the newest first")
                .query::<timeline::Query>()
                .gives::<timeline::Timeline>(200),
        ),
    ]
}

/// What changed of a contact by itself, and what leads to it.
fn changes_and_keys() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/contacts/{person}/changes", get(changes::list)).described(
            of("listChanges", "What changed by itself").gives::<changes::Changes>(200).leads_to(
                "undoChange",
                &[("person", "$response.body#/changes/0/person"), ("change", "$response.body#/changes/0/id")],
            ),
        ),
        Route::new(Method::POST, "/api/crm/contacts/{person}/changes/{change}/undo", post(changes::undo))
            .described(
                of("undoChange", "Put back what stood there before")
                    .place::<ChangeId>("change")
                    .gives::<changes::Undone>(200)
                    .fails(&[409]),
            ),
        Route::new(Method::GET, "/api/crm/contacts/{person}/keys", get(keys::list)).described(
            of("listKeys", "What leads to a contact, and why").gives::<keys::Keys>(200).leads_to(
                "untieKey",
                &[
                    ("person", "$request.path.person"),
                    ("kind", "$response.body#/keys/0/kind"),
                    ("value", "$response.body#/keys/0/value"),
                ],
            ),
        ),
        Route::new(Method::DELETE, "/api/crm/contacts/{person}/keys/{kind}", delete(keys::untie)).described(
            of(
                "untieKey",
                "This leads to somebody else: whoever gets in touch by it next is not this contact",
            )
            .place::<Tag>("kind")
            .query::<keys::Named>()
            .gives::<Contact>(200)
            .fails(&[409]),
        ),
    ]
}

fn notes() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/contacts/{person}/notes", get(notes::list))
            .described(of("listNotes", "Notes about a contact").gives::<notes::Notes>(200)),
        Route::new(Method::POST, "/api/crm/contacts/{person}/notes", post(notes::add)).described(
            of("addNote", "Write a note")
                .takes::<notes::Written>()
                .gives::<Note>(201)
                .leads_to(
                    "rewriteNote",
                    &[("person", "$response.body#/person"), ("note", "$response.body#/id")],
                )
                .leads_to(
                    "deleteNote",
                    &[("person", "$response.body#/person"), ("note", "$response.body#/id")],
                ),
        ),
        Route::new(Method::PATCH, "/api/crm/contacts/{person}/notes/{note}", patch(notes::rewrite))
            .described(
                of("rewriteNote", "Write a note anew")
                    .place::<NoteId>("note")
                    .replaces()
                    .takes::<notes::Written>()
                    .gives::<Note>(200),
            ),
        Route::new(Method::DELETE, "/api/crm/contacts/{person}/notes/{note}", delete(notes::delete))
            .described(
                of("deleteNote", "Delete a note").place::<NoteId>("note").gives_nothing(204).fails(&[409]),
            ),
    ]
}

fn tasks() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/tasks", get(tasks::due)).described(
            Operation::new("listOpenTasks", "Open tasks of all contacts, those that are due first")
                .query::<tasks::Due>()
                .gives::<tasks::Open>(200),
        ),
        Route::new(Method::GET, "/api/crm/contacts/{person}/tasks", get(tasks::list))
            .described(of("listTasks", "Tasks about a contact").gives::<tasks::Tasks>(200)),
        Route::new(Method::POST, "/api/crm/contacts/{person}/tasks", post(tasks::add)).described(
            of("addTask", "Set a task")
                .takes::<tasks::New>()
                .gives::<Task>(201)
                .leads_to("editTask", &[("person", "$response.body#/person"), ("task", "$response.body#/id")])
                .leads_to(
                    "deleteTask",
                    &[("person", "$response.body#/person"), ("task", "$response.body#/id")],
                ),
        ),
        Route::new(Method::PATCH, "/api/crm/contacts/{person}/tasks/{task}", patch(tasks::edit)).described(
            of("editTask", "Change a task, or say that it is done")
                .place::<TaskId>("task")
                .replaces()
                .takes::<tasks::Edit>()
                .gives::<Task>(200),
        ),
        Route::new(Method::DELETE, "/api/crm/contacts/{person}/tasks/{task}", delete(tasks::delete))
            .described(
                of("deleteTask", "Delete a task").place::<TaskId>("task").gives_nothing(204).fails(&[409]),
            ),
    ]
}

fn opportunities() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/opportunities", get(opportunities::pipeline)).described(
            Operation::new("readPipeline", "Opportunities of all contacts by stage")
                .gives::<opportunities::Pipeline>(200),
        ),
        Route::new(Method::GET, "/api/crm/contacts/{person}/opportunities", get(opportunities::list))
            .described(
                of("listOpportunities", "Opportunities with a contact")
                    .gives::<opportunities::Opportunities>(200),
            ),
        Route::new(Method::POST, "/api/crm/contacts/{person}/opportunities", post(opportunities::add))
            .described(
                of("addOpportunity", "A new opportunity")
                    .takes::<opportunities::New>()
                    .gives::<Opportunity>(201)
                    .leads_to(
                        "editOpportunity",
                        &[("person", "$response.body#/person"), ("opportunity", "$response.body#/id")],
                    )
                    .leads_to(
                        "deleteOpportunity",
                        &[("person", "$response.body#/person"), ("opportunity", "$response.body#/id")],
                    ),
            ),
        Route::new(
            Method::PATCH,
            "/api/crm/contacts/{person}/opportunities/{opportunity}",
            patch(opportunities::edit),
        )
        .described(
            of("editOpportunity", "Change an opportunity, or move it to another stage")
                .place::<OpportunityId>("opportunity")
                .replaces()
                .takes::<opportunities::Edit>()
                .gives::<Opportunity>(200),
        ),
        Route::new(
            Method::DELETE,
            "/api/crm/contacts/{person}/opportunities/{opportunity}",
            delete(opportunities::delete),
        )
        .described(
            of("deleteOpportunity", "Delete an opportunity")
                .place::<OpportunityId>("opportunity")
                .gives_nothing(204)
                .fails(&[409]),
        ),
    ]
}

fn decisions() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/follow-ups", get(follow_ups::waiting)).described(
            Operation::new("listWaiting", "Follow-ups that wait for the owner's word")
                .gives::<follow_ups::FollowUps>(200)
                .leads_to(
                    "decideFollowUp",
                    &[
                        ("person", "$response.body#/followUps/0/person"),
                        ("follow_up", "$response.body#/followUps/0/id"),
                    ],
                ),
        ),
        Route::new(
            Method::POST,
            "/api/crm/contacts/{person}/follow-ups/{follow_up}",
            post(follow_ups::decide),
        )
        .described(
            of("decideFollowUp", "Approve or reject a follow-up as it was read")
                .place::<FollowUpId>("follow_up")
                .takes::<follow_ups::Given>()
                .gives::<follow_ups::Decided>(200)
                .fails(&[409]),
        ),
        Route::new(
            Method::GET,
            "/api/crm/contacts/{person}/follow-ups/{follow_up}/document",
            get(follow_ups::document),
        )
        .described(
            of("readProposal", "The document of a proposal: a PDF, or a page where its fonts lack letters")
                .place::<FollowUpId>("follow_up")
                .gives_file("application/pdf")
                .gives_file("text/html"),
        ),
        Route::new(
            Method::PATCH,
            "/api/crm/contacts/{person}/follow-ups/{follow_up}/proposal",
            patch(follow_ups::rewrite),
        )
        .described(
            of("rewriteProposal", "Write a proposal anew that waits for the owner's word")
                .place::<FollowUpId>("follow_up")
                .takes::<follow_ups::Anew>()
                .gives::<follow_ups::Waiting>(200)
                .fails(&[409]),
        ),
    ]
}

fn merges() -> Vec<Route<State>> {
    vec![
        Route::new(Method::GET, "/api/crm/merges", get(merges::list))
            .described(Operation::new("listMerges", "Who was merged into whom").gives::<merges::Merges>(200)),
        Route::new(Method::POST, "/api/crm/merges", post(merges::merge)).described(
            Operation::new("mergeContacts", "Make two contacts one")
                .takes::<merges::Wanted>()
                .gives::<merges::Merged>(200)
                .fails(&[404, 409])
                .leads_to("unmergeContact", &[("person", "$response.body#/plan/absorbed")]),
        ),
        Route::new(Method::GET, "/api/crm/merges/{person}/{other}", get(merges::plan)).described(
            of("planMerge", "What a merge would do: the other is absorbed")
                .place::<PersonId>("other")
                .gives::<Plan>(200)
                .fails(&[409, 422]),
        ),
        Route::new(Method::DELETE, "/api/crm/merges/{person}", delete(merges::unmerge)).described(
            of("unmergeContact", "Take a merge back: by the contact that was absorbed")
                .gives::<Merge>(200)
                .fails(&[409, 422]),
        ),
        Route::new(Method::GET, "/api/crm/proposals", get(merges::proposals)).described(
            Operation::new("listProposals", "Who may be one person, and why")
                .gives::<merges::Proposals>(200)
                .leads_to(
                    "dismissProposal",
                    &[
                        ("person", "$response.body#/proposals/0/one"),
                        ("other", "$response.body#/proposals/0/other"),
                    ],
                ),
        ),
        Route::new(Method::GET, "/api/crm/conflicts", get(merges::conflicts)).described(
            Operation::new("listConflicts", "Who would be one person, but has different accounts")
                .gives::<merges::Proposals>(200),
        ),
        Route::new(Method::POST, "/api/crm/proposals/{person}/{other}/dismiss", post(merges::dismiss))
            .described(
                of("dismissProposal", "These are two people: it is not proposed again")
                    .place::<PersonId>("other")
                    .gives::<Proposal>(200),
            ),
    ]
}

fn in_files() -> Vec<Route<State>> {
    vec![
        Route::new(Method::POST, "/api/crm/import", post(files::imported)).described(
            Operation::new("importContacts", "Contacts of a file: CSV, LinkedIn's Connections.csv, vCards")
                .query::<files::Asked>()
                .takes_file("text/csv")
                .takes_file("text/vcard")
                .takes_file("application/octet-stream")
                .gives::<files::Report>(200),
        ),
        Route::new(Method::GET, "/api/crm/export", get(files::exported)).described(
            Operation::new(
                "exportContacts",
                "All contacts as a file (in tables and cards, those with a name or an address); a link leads to its next page",
            )
            .query::<files::Wanted>()
            .gives_file("text/csv")
            .gives_file("text/vcard")
            .gives_file("application/json"),
        ),
    ]
}

fn follow_ups() -> Vec<Route<State>> {
    vec![
        Route::new(Method::POST, "/api/crm/follow-ups/stop", post(follow_ups::stop)).described(
            Operation::new("stopFollowUps", "Send nothing more, to nobody")
                .takes::<follow_ups::Why>()
                .gives::<SavedFollowUpSettings>(200),
        ),
        Route::new(Method::POST, "/api/crm/follow-ups/go-on", post(follow_ups::go_on)).described(
            Operation::new("goOnWithFollowUps", "Send again, and what waited meanwhile")
                .gives::<SavedFollowUpSettings>(200),
        ),
        Route::new(Method::POST, "/api/crm/follow-ups/redrive", post(follow_ups::redrive)).described(
            Operation::new("redriveFollowUps", "Try again what was given up")
                .gives::<follow_ups::Redriven>(200),
        ),
        Route::new(Method::GET, SETTINGS, get(follow_ups::settings)).described(
            Operation::new("readFollowUpSettings", "What goes out by itself, when, and where it leads")
                .gives::<SavedFollowUpSettings>(200),
        ),
        Route::new(Method::PUT, SETTINGS, put(follow_ups::replace_settings)).described(
            Operation::new("replaceFollowUpSettings", "Decide what goes out by itself")
                .takes::<follow_ups::Replacement>()
                .gives::<SavedFollowUpSettings>(200)
                .fails(&[409]),
        ),
    ]
}

/// Of one contact.
fn of(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary).place::<PersonId>("person")
}

#[derive(JsonSchema)]
#[schemars(transparent)]
#[allow(dead_code, reason = "only its schema is of interest")]
struct Tag(#[schemars(length(min = 1, max = 60))] String);

fn tag(id: &'static str, summary: &'static str) -> Operation {
    of(id, summary).place::<Tag>("tag").gives::<Contact>(200).fails(&[409, 422])
}

/// What takes the id of a contact that was made.
fn person_follows(operation: Operation) -> Operation {
    let operations = [
        "readContact",
        "editContact",
        "tagContact",
        "untagContact",
        "readTimeline",
        "listChanges",
        "listNotes",
        "addNote",
        "listTasks",
        "addTask",
        "listOpportunities",
        "addOpportunity",
    ];
    operations
        .into_iter()
        .fold(operation, |operation, id| operation.leads_to(id, &[("person", "$response.body#/id")]))
}
