use html5ever::{Attribute, QualName};

/// The place of a node in its [`Dom`].
pub type NodeId = usize;

/// A parsed document: nodes in an arena, so that no depth of nesting can exhaust a stack on drop.
#[derive(Debug)]
pub struct Dom {
    pub(super) nodes: Vec<Linked>,
}

#[derive(Debug)]
pub(super) struct Linked {
    pub(super) node: Node,
    pub(super) parent: Option<NodeId>,
    pub(super) children: Vec<NodeId>,
}

#[derive(Debug)]
pub enum Node {
    Element(Element),
    Text(String),
    /// The document itself, a comment, a processing instruction.
    Other,
}

#[derive(Debug)]
pub struct Element {
    pub(super) name: QualName,
    pub(super) attributes: Vec<Attribute>,
}

impl Element {
    pub fn name(&self) -> &str {
        &self.name.local
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| &*attribute.name.local == name).map(|found| &*found.value)
    }
}

impl Dom {
    pub const ROOT: NodeId = 0;

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id].node
    }

    pub fn children(&self, id: NodeId) -> &[NodeId] {
        &self.nodes[id].children
    }

    pub fn element(&self, id: NodeId) -> Option<&Element> {
        match self.node(id) {
            Node::Element(element) => Some(element),
            _ => None,
        }
    }

    /// All elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = (NodeId, &Element)> {
        self.within(Self::ROOT)
    }

    /// An element and all those within it, in document order.
    pub fn within(&self, top: NodeId) -> impl Iterator<Item = (NodeId, &Element)> {
        let mut ahead = vec![top];
        std::iter::from_fn(move || {
            let id = ahead.pop()?;
            ahead.extend(self.children(id).iter().rev());
            Some(id)
        })
        .filter_map(|id| Some((id, self.element(id)?)))
    }

    /// The text directly within an element: of a title, a script.
    pub fn own_text(&self, id: NodeId) -> String {
        let texts = self.children(id).iter().filter_map(|child| match self.node(*child) {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}
