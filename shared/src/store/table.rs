//! The table's definition, for the local stack and tests; `template.yaml` holds the same for AWS.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::{Result, Store, StoreError, keys, unavailable};

impl Store {
    /// Creates the table unless it is there.
    pub async fn create_table(&self) -> Result<()> {
        if self.check().await.is_ok() {
            return Ok(());
        }
        let names = [keys::PK, keys::SK, keys::DUE_SHARD, keys::DUE_AT, keys::LIST, keys::LIST_AT];
        let attributes = names.into_iter().map(attribute).collect::<Result<Vec<_>>>()?;
        self.client
            .create_table()
            .table_name(&*self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes))
            .set_key_schema(Some(schema(keys::PK, keys::SK)?))
            .global_secondary_indexes(index(keys::DUE_INDEX, keys::DUE_SHARD, keys::DUE_AT)?)
            .global_secondary_indexes(index(keys::LIST_INDEX, keys::LIST, keys::LIST_AT)?)
            .send()
            .await
            .map_err(unavailable)?;
        let ttl = TimeToLiveSpecification::builder().attribute_name(keys::TTL).enabled(true).build();
        self.client
            .update_time_to_live()
            .table_name(&*self.table)
            .time_to_live_specification(ttl.map_err(|error| incomplete(&error))?)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

fn attribute(name: &str) -> Result<AttributeDefinition> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(|error| incomplete(&error))
}

fn schema(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            let element = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
            element.map_err(|error| incomplete(&error))
        })
        .collect()
}

fn index(name: &str, hash: &str, range: &str) -> Result<GlobalSecondaryIndex> {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(schema(hash, range)?))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .map_err(|error| incomplete(&error))
}

fn incomplete(error: &aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
