//! An MCP server with one tool that reads one item, on the SDK's defaults: `mcp` cannot be smaller than this.

use std::sync::Arc;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use axum::Router;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};

#[derive(Clone)]
struct Server {
    client: Client,
    table: String,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("read", "Reads an item", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let get =
            self.client.get_item().table_name(&self.table).key("pk", key("OWNER")).key("sk", key("PERSONA"));
        let item = get.send().await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let text = format!("{}", item.item.is_some());
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let client = Client::new(&aws_config::load_from_env().await);
    let server = Server { client, table: std::env::var("TABLE_NAME")? };
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    lambda_http::run(Router::new().route_service("/api/mcp", service)).await
}
