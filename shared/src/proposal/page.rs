//! The proposal as a web page.

use askama::Template;

use super::Proposal;

#[derive(Template)]
#[template(path = "proposal/page.html")]
struct Page<'a> {
    proposal: &'a Proposal,
}

#[derive(Template)]
#[template(path = "proposal/body.html")]
struct Body<'a> {
    proposal: &'a Proposal,
}

pub fn page(proposal: &Proposal) -> Result<String, askama::Error> {
    Page { proposal }.render()
}

pub fn body(proposal: &Proposal) -> Result<String, askama::Error> {
    Body { proposal }.render()
}
