//! What a route takes and gives, as OpenAPI 3.1 has it: schemas come from the types that are read and written.

use std::collections::BTreeMap;

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};

type Of = fn(&mut SchemaGenerator) -> Schema;

/// Only who writes the document (feature `openapi`) has the schemas of all types in its binary; a function serves what was
/// written.
fn of<T: JsonSchema>() -> Of {
    if cfg!(any(test, feature = "openapi")) { T::json_schema } else { |_| Schema::default() }
}

/// What kind of document, and what of.
type Content = (&'static str, Option<Of>);

/// A route, described.
#[derive(Clone)]
pub struct Operation {
    id: &'static str,
    summary: &'static str,
    is_public: bool,
    places: Vec<(&'static str, Of)>,
    query: Option<Of>,
    replaces: bool,
    takes: Vec<(&'static str, Option<Of>)>,
    gives: Vec<(u16, Option<Content>)>,
    fails: Vec<u16>,
    links: Vec<(&'static str, Vec<(&'static str, &'static str)>)>,
}

/// One route of a document.
pub struct Described {
    pub method: String,
    pub path: &'static str,
    pub operation: Operation,
}

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

impl Operation {
    /// The owner's, unless it is said to be public.
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            summary,
            is_public: false,
            places: Vec::new(),
            query: None,
            replaces: false,
            takes: Vec::new(),
            gives: Vec::new(),
            fails: Vec::new(),
            links: Vec::new(),
        }
    }

    pub fn public(self) -> Self {
        Self { is_public: true, ..self }
    }

    /// What a part of the path is.
    pub fn place<T: JsonSchema>(mut self, name: &'static str) -> Self {
        self.places.push((name, of::<T>()));
        self
    }

    pub fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(of::<T>()), ..self }
    }

    /// It names the version that it replaces in `If-Match`.
    pub fn replaces(self) -> Self {
        Self { replaces: true, ..self }
    }

    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes.push((JSON, Some(of::<T>())));
        self
    }

    /// A file as the body.
    pub fn takes_file(mut self, kind: &'static str) -> Self {
        self.takes.push((kind, None));
        self
    }

    pub fn gives<T: JsonSchema>(mut self, status: u16) -> Self {
        self.gives.push((status, Some((JSON, Some(of::<T>())))));
        self
    }

    pub fn gives_file(mut self, kind: &'static str) -> Self {
        self.gives.push((200, Some((kind, None))));
        self
    }

    pub fn gives_nothing(mut self, status: u16) -> Self {
        self.gives.push((status, None));
        self
    }

    /// How it fails, beside what follows from what it takes.
    pub fn fails(mut self, statuses: &[u16]) -> Self {
        self.fails.extend(statuses);
        self
    }

    /// An operation that takes what this one gives: its name, and each parameter with where in the answer it is.
    pub fn leads_to(mut self, id: &'static str, parameters: &[(&'static str, &'static str)]) -> Self {
        self.links.push((id, parameters.to_vec()));
        self
    }

    fn statuses(&self, has_places: bool) -> Vec<u16> {
        let mut statuses = self.fails.clone();
        if !self.is_public {
            statuses.push(401);
        }
        if has_places {
            statuses.push(404);
        }
        if self.query.is_some() || self.replaces {
            statuses.push(422);
        }
        if self.replaces {
            statuses.push(409);
        }
        if !self.takes.is_empty() {
            statuses.extend([400, 413, 415, 422]);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}

/// The OpenAPI document of these routes.
pub fn document(title: &str, version: &str, routes: &[Described]) -> Value {
    let mut read = generator(Contract::Deserialize, true);
    let mut written = generator(Contract::Serialize, false);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let described = described(route, &mut read, &mut written);
        paths.entry(route.path).or_default().insert(route.method.to_lowercase(), described);
    }
    let mut schemas: Map<String, Value> = written.take_definitions(true).into_iter().collect();
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "openapi": "3.1.0",
        "info": { "title": title, "version": version },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "owner": { "type": "http", "scheme": "bearer", "description": "The owner's token." },
            },
        },
    })
}

fn generator(contract: Contract, inline: bool) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    settings.inline_subschemas = inline;
    settings.contract = contract;
    settings.into_generator()
}

fn described(route: &Described, read: &mut SchemaGenerator, written: &mut SchemaGenerator) -> Value {
    let operation = &route.operation;
    let mut parameters: Vec<Value> = operation
        .places
        .iter()
        .map(|(name, of)| json!({ "name": name, "in": "path", "required": true, "schema": of(read) }))
        .collect();
    parameters.extend(operation.query.into_iter().flat_map(|of| in_query(of(read).to_value())));
    if operation.replaces {
        let schema = json!({ "type": "string", "pattern": "^\"[0-9]{1,15}\"$" });
        parameters.push(json!({ "name": "If-Match", "in": "header", "required": true, "schema": schema }));
    }
    let mut responses = Map::new();
    for (status, content) in &operation.gives {
        let mut response = json!({ "description": "done" });
        if let Some((kind, of)) = content {
            let media = of.map_or_else(|| json!({}), |of| json!({ "schema": schema(of, written) }));
            let entry = responses.entry(status.to_string()).or_insert_with(|| response.clone());
            entry["content"][kind] = media;
            response = entry.clone();
        }
        if !operation.links.is_empty() {
            response["links"] = links(&operation.links);
        }
        responses.insert(status.to_string(), response);
    }
    for status in operation.statuses(!operation.places.is_empty()) {
        let content = json!({ PROBLEM: { "schema": { "$ref": "#/components/schemas/Problem" } } });
        responses.insert(status.to_string(), json!({ "description": "refused", "content": content }));
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if !operation.takes.is_empty() {
        let content: Map<String, Value> = operation
            .takes
            .iter()
            .map(|(kind, of)| {
                ((*kind).to_owned(), of.map_or_else(|| json!({}), |of| json!({ "schema": of(read) })))
            })
            .collect();
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    if !operation.is_public {
        described["security"] = json!([{ "owner": [] }]);
    }
    described
}

fn schema(of: Of, written: &mut SchemaGenerator) -> Value {
    of(written).to_value()
}

fn links(links: &[(&str, Vec<(&str, &str)>)]) -> Value {
    let links = links.iter().map(|(id, parameters)| {
        let parameters: Map<String, Value> =
            parameters.iter().map(|(name, from)| ((*name).to_owned(), json!(from))).collect();
        ((*id).to_owned(), json!({ "operationId": id, "parameters": parameters }))
    });
    Value::Object(links.collect())
}

/// Each field of a query is a parameter; what may be left out is never null.
fn in_query(schema: Value) -> Vec<Value> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .map(|(name, field)| {
            let mut field = present(field.clone());
            let description = field.as_object_mut().and_then(|field| field.remove("description"));
            let required = required.contains(&name.as_str());
            let mut parameter = json!({ "name": name, "in": "query", "required": required, "schema": field });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameter
        })
        .collect()
}

fn present(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    fields.remove("default");
    if let Some(kinds) = fields.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            fields.insert("type".to_owned(), kind);
        }
    }
    if let Some(values) = fields.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    let some = fields.get("anyOf").and_then(Value::as_array).and_then(|any| {
        let some: Vec<&Value> = any.iter().filter(|one| one["type"] != "null").collect();
        if let [one] = some.as_slice() { Some((*one).clone()) } else { None }
    });
    if let Some(some) = some {
        let description = fields.get("description").cloned();
        schema = some;
        if let Some(description) = description {
            schema["description"] = description;
        }
    }
    schema
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457: what went wrong, without internals.",
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string" },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
        },
        "required": ["type", "title", "status", "code", "request_id"],
    })
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{id::PersonId, interaction::Channel};

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only its schema is of interest")]
    struct Asked {
        /// On which channel.
        channel: Option<Channel>,
        #[schemars(range(min = 1))]
        limit: usize,
    }

    #[derive(Serialize, JsonSchema)]
    struct Given {
        channel: Channel,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    #[test]
    fn types_become_a_document() {
        let operation = Operation::new("readThing", "Read a thing")
            .place::<PersonId>("person")
            .query::<Asked>()
            .gives::<Given>(200);
        let routes = [Described { method: "GET".to_owned(), path: "/things/{person}", operation }];
        let document = document("Things", "1", &routes);
        let read = &document["paths"]["/things/{person}"]["get"];
        assert_eq!(read["parameters"][0]["schema"]["pattern"], "^per_[A-Za-z0-9-]{1,64}$");
        assert_eq!(
            read["parameters"][1],
            json!({
                "name": "channel", "in": "query", "required": false, "description": "On which channel.",
                "schema": { "type": "string", "enum": ["chat", "voice", "phone"] },
            })
        );
        assert_eq!(read["parameters"][2]["required"], true);
        let statuses: Vec<&String> = read["responses"].as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["200", "401", "404", "422"]);
        let given = &read["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(given["properties"]["channel"]["$ref"], "#/components/schemas/Channel");
        assert_eq!(given["required"], json!(["channel"]));
        assert!(document["components"]["schemas"]["Channel"].is_object());
    }
}
