//! All contacts as a file, written as it is read.

use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use twin::{
    contact::{Contact, Note, Sort},
    error::Error,
    id::PersonId,
    identity::LinkedIn,
    store::Store,
    twin::{Contacts, Twin},
    wire::vcard::{self, Property},
};

use super::{
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

    pub fn file(self) -> &'static str {
        match self {
            Self::Csv => "contacts.csv",
            Self::Vcard => "contacts.vcf",
            Self::Json => "contacts.json",
        }
    }
}

/// The file, piece by piece.
pub async fn export(
    twin: &Twin,
    format: Exported,
    now: Timestamp,
) -> Result<impl Stream<Item = Result<String, Error>> + Send + use<>, Error> {
    let wanted = Contacts { sort: Sort::Created, limit: usize::MAX, ..Contacts::default() };
    let people = twin.people_of(&wanted, now).await?;
    let store = twin.store().clone();
    let (first, last) = match format {
        Exported::Csv => (header(), ""),
        Exported::Vcard => (String::new(), ""),
        Exported::Json => ("{\"contacts\":[".to_owned(), "\n]}\n"),
    };
    let batches: Vec<Vec<PersonId>> = people.chunks(BATCH).map(<[PersonId]>::to_vec).collect();
    let pieces = stream::iter(batches.into_iter().enumerate()).then(move |(number, people)| {
        let store = store.clone();
        async move { piece(&store, format, &people, number == 0).await }
    });
    Ok(stream::iter([Ok(first)]).chain(pieces).chain(stream::iter([Ok(last.to_owned())])))
}

async fn piece(
    store: &Store,
    format: Exported,
    people: &[PersonId],
    is_first: bool,
) -> Result<String, Error> {
    let mut found = store.contacts(people).await?;
    let contacts: Vec<Contact> = people.iter().filter_map(|person| found.remove(person)).collect();
    let written = stream::iter(contacts.into_iter().map(|contact| written(store, format, contact)));
    let written: Vec<Result<String, Error>> = written.buffered(AT_ONCE).collect().await;
    let mut piece = String::new();
    for (number, one) in written.into_iter().enumerate() {
        if format == Exported::Json {
            piece.push_str(if is_first && number == 0 { "\n" } else { ",\n" });
        }
        piece.push_str(&one?);
    }
    Ok(piece)
}

async fn written(store: &Store, format: Exported, contact: Contact) -> Result<String, Error> {
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
