//! What the official conformance suite expects of a server beside its own tools: `test_*` tools, resources and
//! prompts. They stand around the product's handler, which knows nothing of them; a deployment is built without this
//! feature.
//!
//! Tools that send requests of their own to a host of 2025-11-25 (sampling, elicitation) are not here: without
//! sessions nobody could take the answer.

#![expect(deprecated, reason = "2025-11-25 has logging, sampling and subscriptions")]

mod asking;
mod prompts;
mod resources;
mod tools;

use std::borrow::Cow;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
        ContentBlock, CustomRequest, CustomResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
        ServerConfig, SetLevelRequestParams, SubscribeRequestParams, Tool, UnsubscribeRequestParams,
    },
    service::RequestContext,
};

use asking::Step;

/// A handler and, around it, the fixtures.
#[derive(Clone)]
pub struct Fixtures<H>(H);

impl<H: ServerHandler> Fixtures<H> {
    pub fn around(handler: H) -> Self {
        Self(handler)
    }
}

/// The fixtures come before the product's own, on the first page.
fn first_page(request: Option<&PaginatedRequestParams>) -> bool {
    request.is_none_or(|request| request.cursor.is_none())
}

impl<H: ServerHandler> ServerHandler for Fixtures<H> {
    /// What `initialize` tells: hosts of 2025-11-25 may set a log level and subscribe. `discover` stays the product's.
    fn get_info(&self) -> ServerConfig {
        let mut info = self.0.get_info();
        info.capabilities.logging = Some(rmcp::model::JsonObject::new());
        if let Some(resources) = info.capabilities.resources.as_mut() {
            resources.subscribe = Some(true);
        }
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.0.supported_protocol_versions()
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        self.0.discover(context).await
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::list().into_iter().find(|tool| tool.name == name).or_else(|| self.0.get_tool(name))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let first = first_page(request.as_ref());
        let mut list = self.0.list_tools(request, context).await?;
        if first {
            list.tools.splice(..0, tools::list());
        }
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(asking) = asking::find(&request.name) {
            let state = request.request_state.as_deref();
            return Ok(match asking.step(&context, request.input_responses.as_ref(), state)? {
                Step::Ask(ask) => ask.into(),
                Step::Done(text) => CallToolResult::success(vec![ContentBlock::text(text)]).into(),
            });
        }
        if tools::list().iter().any(|tool| tool.name == request.name) {
            return tools::call(&request, &context).await.map(Into::into);
        }
        self.0.call_tool(request, context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let first = first_page(request.as_ref());
        let mut list = self.0.list_resources(request, context).await?;
        if first {
            list.resources.splice(..0, resources::list());
        }
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let first = first_page(request.as_ref());
        let mut list = self.0.list_resource_templates(request, context).await?;
        if first {
            list.resource_templates.splice(..0, resources::templates());
        }
        Ok(list)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match resources::read(&request.uri) {
            Some(read) => Ok(read.into()),
            None => self.0.read_resource(request, context).await,
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let first = first_page(request.as_ref());
        let mut list = self.0.list_prompts(request, context).await?;
        if first {
            list.prompts.splice(..0, prompts::list());
        }
        Ok(list)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name == prompts::ASKING.name {
            let state = request.request_state.as_deref();
            return Ok(match prompts::ASKING.step(&context, request.input_responses.as_ref(), state)? {
                Step::Ask(ask) => ask.into(),
                Step::Done(text) => prompts::of_text(text).into(),
            });
        }
        match prompts::get(&request) {
            Some(prompt) => Ok(prompt.into()),
            None => self.0.get_prompt(request, context).await,
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.0.complete(request, context).await
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        legacy(&context, "logging/setLevel")
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        legacy(&context, "resources/subscribe")
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        legacy(&context, "resources/unsubscribe")
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.0.on_custom_request(request, context).await
    }
}

/// 2026-07-28 has done away with these methods.
fn legacy(context: &RequestContext<RoleServer>, method: &'static str) -> Result<(), ErrorData> {
    if asking::can_be_asked(context) {
        return Err(ErrorData::new(rmcp::model::ErrorCode::METHOD_NOT_FOUND, method, None));
    }
    Ok(())
}
