//! Ways to begin: for visitors the mission's use cases of the chat, for the owner what comes before a call.

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role},
};
use twin::{persona::Persona, store::oauth::Resource as Surface};

struct Row {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Name, description, whether it is needed.
    arguments: &'static [(&'static str, &'static str, bool)],
    /// `{owner}` and the arguments stand in braces; a line whose argument is not given is left out.
    text: &'static str,
}

const VISITOR: &[Row] = &[
    Row {
        name: "technical_deep_dive",
        title: "Technical deep-dive",
        description: "Go into the depth of one of the professional's subjects",
        arguments: &[
            ("topic", "What it is about", true),
            ("level", "How deep: overview, practitioner, expert", false),
        ],
        text: "Use the tools `search`, `fetch` and `ask` to go into what {owner} has done with {topic}.\n\
               Go as deep as this: {level}.\n\
               Work from the problem to the design, the trade-offs and what came of it. Quote the sources with \
               their titles, and say plainly what is not known.",
    },
    Row {
        name: "code_review_discussion",
        title: "Code review discussion",
        description: "Discuss code in the light of the professional's own projects",
        arguments: &[
            ("code", "The code, or where it is", true),
            ("project", "A project to compare with", false),
        ],
        text: "Review this code as {owner} would, judging by their published work:\n\n{code}\n\n\
               Compare it with the project {project}: read it with `get_profile` and `fetch`.\n\
               Use `search` for what {owner} has said about the questions that it raises, and for code of their own that \
               does the like, which `fetch` reads whole; cite it, and mark what is your own opinion.",
    },
    Row {
        name: "documentation_query",
        title: "Documentation query",
        description: "Find where something is documented",
        arguments: &[("question", "What to find", true)],
        text: "Find in {owner}'s material where this is answered: {question}\nUse `search`, then `fetch` the best \
               document, and answer with the passage and its place.",
    },
    Row {
        name: "project_planning",
        title: "Project planning",
        description: "Plan a project for which the professional would be engaged",
        arguments: &[("goal", "What is to be reached", true), ("constraints", "Time, budget, team", false)],
        text: "Help me to plan a project with {owner}: {goal}\n\
               Constraints: {constraints}\n\
               Find with `search` what {owner} has done of the kind, and with `get_availability` whether they take \
               work on. End with a short brief, and offer to send it with `leave_message` or to propose a time with \
               `book_meeting`.",
    },
];

const CONTACT: (&str, &str, bool) =
    ("contact", "Whom it is about: a name, or an id from find_contacts", true);

const OWNER: &[Row] = &[
    Row {
        name: "call_prep",
        title: "Prepare a call",
        description: "What to know before talking to somebody",
        arguments: &[CONTACT],
        text: "Prepare me for a call with {contact}: find them with `find_contacts`, unless this is an id, and read them with \
               `get_contact`. Tell in ten lines who they are, what \
               was said last, what is open, what they want, and three questions to ask.",
    },
    Row {
        name: "handoff_brief",
        title: "Handoff brief",
        description: "Take a conversation over from the twin",
        arguments: &[CONTACT],
        text: "I take over the conversation with {contact} from my twin. Find them with `find_contacts`, unless this is an id, \
               read it with `get_contact`, and give me: what \
               was promised, what was asked and not answered, the mood, and the next step.",
    },
];

fn rows(surface: Surface) -> &'static [Row] {
    match surface {
        Surface::Visitor => VISITOR,
        Surface::Owner => OWNER,
    }
}

/// Whether a prompt of a surface takes an argument.
pub fn takes(surface: Surface, prompt: &str, argument: &str) -> bool {
    let row = rows(surface).iter().find(|row| row.name == prompt);
    row.is_some_and(|row| row.arguments.iter().any(|(name, ..)| *name == argument))
}

pub fn list(surface: Surface) -> Vec<Prompt> {
    let prompt = |row: &Row| {
        let arguments = row.arguments.iter().map(|(name, description, required)| {
            PromptArgument::new(*name).with_description(*description).with_required(*required)
        });
        Prompt::new(row.name, Some(row.description), Some(arguments.collect())).with_title(row.title)
    };
    rows(surface).iter().map(prompt).collect()
}

/// Bytes of one argument.
const MAX_ARGUMENT: usize = 20_000;

pub fn get(
    persona: &Persona,
    surface: Surface,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let row = rows(surface)
        .iter()
        .find(|row| row.name == request.name)
        .ok_or_else(|| ErrorData::invalid_params(format!("unknown prompt: {}", request.name), None))?;
    let mut lines: Vec<&str> = row.text.lines().collect();
    let mut values: Vec<(String, &str)> = vec![("{owner}".to_owned(), persona.core.name.as_str())];
    for (name, _, required) in row.arguments {
        let given =
            request.arguments.as_ref().and_then(|all| all.get(*name)).and_then(|value| value.as_str());
        let given = given.map(str::trim).filter(|value| !value.is_empty());
        if given.is_some_and(|value| value.len() > MAX_ARGUMENT) {
            let why = format!("the argument `{name}` has more than {MAX_ARGUMENT} bytes");
            return Err(ErrorData::invalid_params(why, None));
        }
        let place = format!("{{{name}}}");
        match given {
            Some(value) => values.push((place, value)),
            None if *required => {
                return Err(ErrorData::invalid_params(format!("the argument `{name}` is missing"), None));
            }
            None => lines.retain(|line| !line.contains(&place)),
        }
    }
    let text = filled(&lines.join("\n"), &values);
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)])
        .with_description(row.description))
}

/// The values in their places, once: what somebody wrote is text, whatever it looks like.
fn filled(text: &str, values: &[(String, &str)]) -> String {
    let mut rest = text;
    let mut filled = String::with_capacity(text.len());
    while let Some((at, place, value)) = values
        .iter()
        .filter_map(|(place, value)| rest.find(place.as_str()).map(|at| (at, place, value)))
        .min_by_key(|(at, ..)| *at)
    {
        filled.push_str(&rest[..at]);
        filled.push_str(value);
        rest = &rest[at + place.len()..];
    }
    filled + rest
}
