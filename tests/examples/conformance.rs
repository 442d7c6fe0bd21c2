//! The system of the example `stack` with what MCP's conformance suite expects of a server beside the twin's own tools.

#[path = "stack.rs"]
mod stack;

fn main() {
    stack::main();
}
