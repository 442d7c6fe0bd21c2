//! All contacts as a file, in pages that are read and written one by one.

use std::cmp::Reverse;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{
    contact::{Contact, Note, Place, Sort},
    error::Error,
    identity::LinkedIn,
    store::Store,
    twin::{Contacts, Twin},
    wire::vcard::{self, Property},
};

use super::{
    Most,
    column::Column,
    record::{BETWEEN, BETWEEN_NOTES, guarded},
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Exported {
    #[default]
    Csv,
    Vcard,
    /// With notes, tasks, opportunities and changes.
    Json,
}

/// As many contacts as fit into an answer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub text: String,
    pub contacts: usize,
    /// Where the next begins.
    pub end: Option<Place>,
    format: Exported,
}

/// What an answer of the API holds, and what is read within the half minute that it waits. Source: AWS Lambda quotas, an
/// answer has at most 6 MB.
pub const MOST: Most = Most { contacts: 2000, bytes: 4 * 1024 * 1024 };
const JSON_BEGINS: &str = "{\"contacts\":[";
const JSON_ENDS: &str = "\n]}\n";

/// Contacts that are read together.
const BATCH: usize = 100;
/// Contacts whose notes and the like are read side by side.
const AT_ONCE: usize = 8;

impl Exported {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Vcard => "text/vcard; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Vcard => "vcard",
            Self::Json => "json",
        }
    }

    pub fn file(self) -> &'static str {
        match self {
            Self::Csv => "contacts.csv",
            Self::Vcard => "contacts.vcf",
            Self::Json => "contacts.json",
        }
    }
}

/// The contacts after a place, as a file that one answer of the API holds. Pages join to the whole file: tables and
/// cards as they are, as only the first has a header, and JSON by [`join`].
pub async fn page(
    twin: &Twin,
    format: Exported,
    after: Option<Place>,
    most: Most,
    now: Timestamp,
) -> Result<Page, Error> {
    let mut page = Page::begun(format, after.is_none());
    let wanted = Contacts { sort: Sort::Created, after, limit: most.contacts, ..Contacts::default() };
    let (people, end) = twin.people_of(&wanted, now).await?;
    for some in people.chunks(BATCH) {
        let mut found = twin.store().contacts(some).await?;
        let goes_out = |contact: &Contact| format == Exported::Json || is_somebody(contact);
        let contacts = some.iter().filter_map(|person| found.remove(person)).filter(goes_out);
        let contacts: Vec<Contact> = contacts.collect();
        let written =
            stream::iter(contacts.into_iter().map(|contact| written(twin.store(), format, contact)));
        let mut written = std::pin::pin!(written.buffered(AT_ONCE));
        while let Some(one) = written.next().await {
            let (place, text) = one?;
            if !page.take(&text, place, most.bytes) {
                return Ok(page.ended());
            }
        }
    }
    page.end = end;
    Ok(page.ended())
}

impl Page {
    fn begun(format: Exported, is_first: bool) -> Self {
        let text = match format {
            Exported::Csv if is_first => header(),
            Exported::Csv | Exported::Vcard => String::new(),
            Exported::Json => JSON_BEGINS.to_owned(),
        };
        Self { text, contacts: 0, end: None, format }
    }

    /// `false`: it is full.
    fn take(&mut self, contact: &str, place: Place, bytes: usize) -> bool {
        if self.contacts > 0 && self.text.len() + contact.len() > bytes {
            return false;
        }
        if self.format == Exported::Json {
            self.text.push_str(if self.contacts == 0 { "\n" } else { ",\n" });
        }
        self.text.push_str(contact);
        self.contacts += 1;
        self.end = Some(place);
        true
    }

    fn ended(mut self) -> Self {
        if self.format == Exported::Json {
            self.text.push_str(JSON_ENDS);
        }
        self
    }
}

/// What a page adds to those before it.
pub fn join(format: Exported, page: &str, is_first: bool) -> String {
    if format != Exported::Json {
        return page.to_owned();
    }
    let contacts = page.strip_prefix(JSON_BEGINS).and_then(|page| page.strip_suffix(JSON_ENDS));
    match contacts.unwrap_or_default() {
        "" => String::new(),
        contacts if is_first => contacts.to_owned(),
        contacts => format!(",{contacts}"),
    }
}

/// What stands around the pages of a whole file.
pub fn around(format: Exported) -> (&'static str, &'static str) {
    if format == Exported::Json { (JSON_BEGINS, JSON_ENDS) } else { ("", "") }
}

async fn written(store: &Store, format: Exported, contact: Contact) -> Result<(Place, String), Error> {
    let place = Place::At(Reverse(Some(contact.created_at)), contact.id.clone());
    Ok((place, text(store, format, contact).await?))
}

async fn text(store: &Store, format: Exported, contact: Contact) -> Result<String, Error> {
    let person = &contact.id;
    if format != Exported::Json {
        let notes = store.notes(person).await?;
        return if format == Exported::Csv { row(&contact, &notes) } else { Ok(card(&contact, &notes)) };
    }
    let (notes, tasks, opportunities, changes) = tokio::try_join!(
        store.notes(person),
        store.tasks(person),
        store.opportunities(person),
        store.changes(person),
    )?;
    let all = json!({
        "contact": contact, "notes": notes, "tasks": tasks, "opportunities": opportunities, "changes": changes,
    });
    Ok(all.to_string())
}

/// Whoever wrote without saying who they are is no line of a table and no card: it would lead to nobody.
fn is_somebody(contact: &Contact) -> bool {
    let methods = &contact.contact_methods;
    contact.name.is_some() || methods.email.is_some() || methods.phone.is_some() || methods.linkedin.is_some()
}

/// The names of our columns, as the first line of a table.
pub fn header() -> String {
    let names: Vec<&str> = Column::OURS.iter().map(|(_, name)| *name).collect();
    format!("{}\r\n", names.join(","))
}

fn row(contact: &Contact, notes: &[Note]) -> Result<String, Error> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let cells = Column::OURS.iter().map(|(column, _)| guarded(&cell(contact, notes, *column)));
    let internal = |error: csv::Error| Error::Internal(Box::new(error));
    table.write_record(cells).map_err(internal)?;
    let bytes = table.into_inner().map_err(|error| Error::Internal(Box::new(error.into_error())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cell(contact: &Contact, notes: &[Note], column: Column) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let list = |values: &[String]| values.join(&format!("{BETWEEN} "));
    let (methods, preferences) = (&contact.contact_methods, &contact.preferences);
    match column {
        Column::Id => contact.id.as_str().to_owned(),
        Column::Name => text(&contact.name),
        Column::Company => text(&contact.company),
        Column::Role => text(&contact.role),
        Column::Email => methods.email.as_ref().map(|email| email.address().to_owned()).unwrap_or_default(),
        Column::Phone => methods.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        Column::Linkedin => text(&methods.linkedin),
        Column::Relationship => word(&contact.relationship.kind),
        Column::Importance => word(&contact.importance),
        Column::Industry => text(&contact.professional.industry),
        Column::Interests => list(&contact.professional.interests),
        Column::MutualConnections => list(&contact.professional.mutual_connections),
        Column::CommunicationStyle => text(&preferences.communication_style),
        Column::PreferredChannel => preferences.preferred_channel.as_ref().map(word).unwrap_or_default(),
        Column::BestContactTime => text(&preferences.best_contact_time),
        Column::Topics => list(&preferences.topics),
        Column::Tags => list(&contact.tags),
        Column::Notes => notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join(BETWEEN_NOTES),
        Column::FirstName | Column::LastName | Column::Ignore => String::new(),
    }
}

fn word(value: &impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn card(contact: &Contact, notes: &[Note]) -> String {
    let name = contact.name.clone().unwrap_or_default();
    let (given, family) = name.rsplit_once(' ').unwrap_or((&name, ""));
    let mut properties = vec![
        Property::new("UID", contact.id.as_str()),
        Property::new("FN", &name),
        Property::of("N", [family, given, "", "", ""], ';'),
    ];
    let methods = &contact.contact_methods;
    properties.extend(contact.company.as_ref().map(|company| Property::new("ORG", company)));
    properties.extend(contact.role.as_ref().map(|role| Property::new("TITLE", role)));
    properties.extend(methods.email.as_ref().map(|email| Property::new("EMAIL", email.address())));
    properties.extend(
        methods
            .phone
            .as_ref()
            .map(|phone| Property::new("TEL", &format!("tel:{}", phone.as_str())).with("VALUE", "uri")),
    );
    let profile = methods.linkedin.as_ref().filter(|profile| LinkedIn::parse(profile).is_ok());
    properties.extend(profile.map(|profile| Property::new("URL", profile)));
    if !contact.tags.is_empty() {
        properties.push(Property::of("CATEGORIES", &contact.tags, ','));
    }
    properties.extend(notes.iter().map(|note| Property::new("NOTE", &note.text)));
    let revised = contact.updated_at.strftime("%Y%m%dT%H%M%SZ").to_string();
    properties.push(Property::new("REV", &revised));
    let mut text = String::new();
    vcard::write(&properties, &mut text);
    text
}
