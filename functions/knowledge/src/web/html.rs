//! HTML as a reader sees it: a tree of what is visible, and its text under headings.

mod dom;
mod hidden;
mod outline;
mod tree;

pub use dom::{Dom, Element, Node, NodeId};
pub use outline::{plain, sections};
pub use tree::{Unreadable, parse};
