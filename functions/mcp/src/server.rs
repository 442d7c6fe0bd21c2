//! What MCP hosts see of the twin: a `ServerHandler` over tables of tools, resources, prompts and completions.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, CompletionInfo, ContentBlock, CustomRequest, CustomResult, DiscoverResult, ErrorCode,
        GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult,
        RequestStateCodec, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::json;
use twin::{error::Error, http::address, store::oauth::Resource as Surface};

use crate::{
    State, apps, audited,
    call::{Call, Caller, host_name},
    mrtr, owner,
    page::{PAGE, page},
    prompts, resources,
    tool::{Answer, CONFIRM, Entry, Kind, refused},
    visitor,
};

/// How long a host may keep a list, and what it read.
const LIST_TTL_MS: u64 = 60_000;
const CONTENT_TTL_MS: u64 = 10_000;
/// Methods that exist: with parameters of a wrong shape they are not unknown.
const METHODS: [&str; 8] = [
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "prompts/list",
    "prompts/get",
    "completion/complete",
];

/// Cheap to clone: the transport makes one for each request.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    state: State,
    surface: Surface,
    entries: &'static [Entry],
    /// Described once a host asks for them.
    tools: OnceLock<Vec<Tool>>,
}

impl Server {
    pub fn new(state: State, surface: Surface) -> Self {
        let entries = match surface {
            Surface::Visitor => visitor::TOOLS,
            Surface::Owner => owner::TOOLS,
        };
        Self(Arc::new(Inner { state, surface, entries, tools: OnceLock::new() }))
    }

    fn tools(&self) -> &[Tool] {
        let Inner { entries, surface, tools, .. } = &*self.0;
        tools.get_or_init(|| entries.iter().map(|entry| apps::shown(entry.definition(), *surface)).collect())
    }

    fn call(&self, context: &RequestContext<RoleServer>) -> Call {
        let parts = context.extensions.get::<http::request::Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Caller>().cloned());
        let agent = parts.and_then(|parts| parts.headers.get(http::header::USER_AGENT)?.to_str().ok());
        // In the request alone: for whoever says nothing there, the transport would answer with its own name.
        let named = context.meta.client_info().map(|info| info.title.unwrap_or(info.name));
        Call {
            address: parts.map_or_else(|| "unknown".to_owned(), address),
            state: self.0.state.clone(),
            caller: caller.unwrap_or(Caller::Nobody),
            host: host_name(named.as_deref(), agent),
            now: Timestamp::now(),
        }
    }

    /// Lists are the same for all who may see them.
    fn scope(&self) -> CacheScope {
        match self.0.surface {
            Surface::Visitor => CacheScope::Public,
            Surface::Owner => CacheScope::Private,
        }
    }

    fn sealed(&self) -> &RequestStateCodec {
        &self.0.state.keys.sealed
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .enable_extensions_with(apps::extension())
            .build();
        let instructions = match self.0.surface {
            Surface::Visitor => visitor::INSTRUCTIONS,
            Surface::Owner => owner::INSTRUCTIONS,
        };
        ServerConfig::new(capabilities)
            // What `initialize` offers at most; `server/discover` lists `supported_protocol_versions`.
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
            .with_server_info(
                Implementation::new("omnitwin", env!("CARGO_PKG_VERSION")).with_title("Omnitwin"),
            )
            .with_instructions(instructions)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(self.scope()))
    }

    /// The transport asks for it at each `tools/call` of 2026-07-28, to check `Mcp-Param-*` headers.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools().iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (tools, next_cursor) = page(self.tools(), request.as_ref(), PAGE, |tool| &tool.name)?;
        let list = ListToolsResult { next_cursor, ..ListToolsResult::with_all_items(tools) };
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(self.scope()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let entry = self.0.entries.iter().find(|entry| entry.name == request.name);
        let entry = entry
            .ok_or_else(|| ErrorData::invalid_params(format!("unknown tool: {}", request.name), None))?;
        let call = self.call(&context);
        let who = call.caller.to_string();
        let mut request = request;
        // Whoever can be asked is asked: a model's own yes counts for nothing.
        if entry.kind == Kind::Destroys && mrtr::can_be_asked(&context) {
            request.arguments.iter_mut().for_each(|arguments| drop(arguments.remove(CONFIRM)));
        }
        let completed = match mrtr::completed(self.sealed(), &who, &request)? {
            Ok(arguments) => arguments,
            Err(declined) => return Ok(declined.into()),
        };
        let noted = audited::tool(&call, entry.name, &completed, entry.kind == Kind::Reads).await;
        let answer = match noted {
            Ok(()) => (entry.run)(&call, completed).await,
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                if let Error::Unavailable(_) | Error::Upstream(_) | Error::Internal(_) = error {
                    tracing::error!(tool = entry.name, %error, "a tool failed");
                }
                Answer::failed(&error)
            }
        };
        Ok(match answer {
            Answer::Done { value, text } => {
                let mut result = CallToolResult::structured(value);
                if let Some(text) = text {
                    result.content = vec![ContentBlock::text(text)];
                }
                result.into()
            }
            Answer::Refused(value) => refused(&value).into(),
            Answer::Ask(ask) if mrtr::can_be_asked(&context) => {
                mrtr::ask(self.sealed(), &who, &request, ask)?.into()
            }
            Answer::Ask(ask) => mrtr::missing(&ask).into(),
        })
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let all = resources::list(&self.call(&context), self.0.surface).await.map_err(internal)?;
        let (resources, next_cursor) = page(&all, request.as_ref(), PAGE, |resource| &resource.uri)?;
        let list = ListResourcesResult { next_cursor, ..ListResourcesResult::with_all_items(resources) };
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(self.scope()))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let all = resources::templates(self.0.surface);
        let (templates, next_cursor) = page(&all, request.as_ref(), PAGE, |template| &template.uri_template)?;
        let list = ListResourceTemplatesResult {
            next_cursor,
            ..ListResourceTemplatesResult::with_all_items(templates)
        };
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(self.scope()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let call = self.call(&context);
        audited::resource(&call, &request.uri).await.map_err(internal)?;
        let read = resources::read(&call, self.0.surface, &request.uri).await;
        // One answer for what does not exist and for what is another's.
        let contents = read.map_err(internal)?.ok_or_else(|| {
            ErrorData::resource_not_found("no such resource", Some(json!({ "uri": request.uri })))
        })?;
        let read = ReadResourceResult::new(vec![contents]);
        Ok(read.with_ttl_ms(CONTENT_TTL_MS).with_cache_scope(self.scope()).into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let all = prompts::list(self.0.surface);
        let (prompts, next_cursor) = page(&all, request.as_ref(), PAGE, |prompt| &prompt.name)?;
        let list = ListPromptsResult { next_cursor, ..ListPromptsResult::with_all_items(prompts) };
        Ok(list.with_ttl_ms(LIST_TTL_MS).with_cache_scope(self.scope()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let persona = self.call(&context).state.twin.persona().await.map_err(internal)?;
        prompts::get(&persona.persona, self.0.surface, &request).map(Into::into)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let found = resources::completions(&self.call(&context), self.0.surface, &request).await;
        let found = completion(found.map_err(internal)?);
        Ok(CompleteResult::new(found.map_err(|error| ErrorData::internal_error(error, None))?))
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        match METHODS.contains(&request.method.as_str()) {
            true => {
                Err(ErrorData::invalid_params("the parameters do not have the shape of this method", None))
            }
            false => Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("there is no method {}", request.method),
                None,
            )),
        }
    }
}

/// The first of what fits, and how many there are.
fn completion(mut values: Vec<String>) -> Result<CompletionInfo, String> {
    let (total, more) = (u32::try_from(values.len()).ok(), values.len() > CompletionInfo::MAX_VALUES);
    values.truncate(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(values, total, more)
}

fn internal(error: Error) -> ErrorData {
    tracing::error!(%error, "a request of a host failed");
    ErrorData::internal_error("a part of the system is not available", None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_tells_how_many_there_are() {
        let of = |count: usize| completion(vec!["a".to_owned(); count]).unwrap();
        let whole = of(CompletionInfo::MAX_VALUES);
        assert_eq!((whole.values.len(), whole.total, whole.has_more), (100, Some(100), Some(false)));
        let cut = of(CompletionInfo::MAX_VALUES + 1);
        assert_eq!((cut.values.len(), cut.total, cut.has_more), (100, Some(101), Some(true)));
    }
}
