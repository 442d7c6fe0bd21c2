//! What a column of a table is: by its name, or as the owner says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use twin::contact::folded;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Column {
    Id,
    Name,
    FirstName,
    LastName,
    Company,
    Role,
    Email,
    Phone,
    Linkedin,
    Relationship,
    Importance,
    Industry,
    Interests,
    MutualConnections,
    CommunicationStyle,
    PreferredChannel,
    BestContactTime,
    Topics,
    Tags,
    Notes,
    /// Not taken.
    Ignore,
}

/// Names of columns as they are compared, without spaces: ours, LinkedIn's, and those of common address books.
const NAMES: &[(Column, &[&str])] = &[
    (Column::Id, &["id"]),
    (Column::Name, &["name", "fullname", "displayname", "contactname"]),
    (Column::FirstName, &["firstname", "givenname", "vorname", "prenom"]),
    (Column::LastName, &["lastname", "familyname", "surname", "nachname", "nom"]),
    (
        Column::Company,
        &["company", "organization", "organisation", "organizationname", "companyname", "firma"],
    ),
    (Column::Role, &["role", "title", "jobtitle", "position", "organizationtitle"]),
    (Column::Email, &["email", "emailaddress", "email1value", "mail", "primaryemail"]),
    (
        Column::Phone,
        &["phone", "phonenumber", "mobile", "mobilephone", "telephone", "phone1value", "telefon"],
    ),
    (Column::Linkedin, &["linkedin", "linkedinurl", "linkedinprofile", "url", "profileurl"]),
    (Column::Relationship, &["relationship"]),
    (Column::Importance, &["importance"]),
    (Column::Industry, &["industry"]),
    (Column::Interests, &["interests"]),
    (Column::MutualConnections, &["mutualconnections"]),
    (Column::CommunicationStyle, &["communicationstyle"]),
    (Column::PreferredChannel, &["preferredchannel"]),
    (Column::BestContactTime, &["bestcontacttime"]),
    (Column::Topics, &["topics"]),
    (Column::Tags, &["tags", "labels", "categories", "groups"]),
    (Column::Notes, &["notes", "note"]),
];

impl Column {
    /// As we write them, in their order.
    pub const OURS: [(Self, &str); 18] = [
        (Self::Id, "id"),
        (Self::Name, "name"),
        (Self::Company, "company"),
        (Self::Role, "role"),
        (Self::Email, "email"),
        (Self::Phone, "phone"),
        (Self::Linkedin, "linkedin"),
        (Self::Relationship, "relationship"),
        (Self::Importance, "importance"),
        (Self::Industry, "industry"),
        (Self::Interests, "interests"),
        (Self::MutualConnections, "mutualConnections"),
        (Self::CommunicationStyle, "communicationStyle"),
        (Self::PreferredChannel, "preferredChannel"),
        (Self::BestContactTime, "bestContactTime"),
        (Self::Topics, "topics"),
        (Self::Tags, "tags"),
        (Self::Notes, "notes"),
    ];

    /// What a column of this name is taken for.
    pub fn named(header: &str) -> Option<Self> {
        let header = folded(header).replace(' ', "");
        NAMES.iter().find(|(_, names)| names.contains(&header.as_str())).map(|(column, _)| *column)
    }
}
