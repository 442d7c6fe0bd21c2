//! The trace that a request belongs to, as services of AWS hand it on: `Root=1-…-…;Parent=…;Sampled=1`.
//! Source: AWS X-Ray, "Tracing header"; Amazon SQS, "Message system attributes".

use serde::{Deserialize, Serialize};

/// A request's header.
pub const HEADER: &str = "x-amzn-trace-id";
/// A message's system attribute.
pub const ATTRIBUTE: &str = "AWSTraceHeader";

const EPOCH: usize = 8;
const UNIQUE: usize = 24;
const SEGMENT: usize = 16;

/// Root, parent and whether it is sampled; what else a header says is not handed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace(String);

impl Trace {
    /// None of what is no trace.
    pub fn read(header: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = header.split(';').filter_map(|field| field.trim().split_once('='));
            fields.find(|(given, _)| *given == name).map(|(_, value)| value)
        };
        let root = field("Root").filter(|root| is_root(root))?;
        let mut trace = format!("Root={root}");
        if let Some(parent) = field("Parent").filter(|parent| is_hex(parent, SEGMENT)) {
            trace.push_str(";Parent=");
            trace.push_str(parent);
        }
        if let Some(sampled) = field("Sampled").filter(|sampled| matches!(*sampled, "0" | "1")) {
            trace.push_str(";Sampled=");
            trace.push_str(sampled);
        }
        Some(Self(trace))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What X-Ray and the logs call it.
    pub fn root(&self) -> &str {
        let root = self.0.trim_start_matches("Root=");
        root.split_once(';').map_or(root, |(root, _)| root)
    }
}

fn is_root(root: &str) -> bool {
    let rest = root.strip_prefix("1-").and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(epoch, unique)| is_hex(epoch, EPOCH) && is_hex(unique, UNIQUE))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn what_is_handed_on_is_what_services_know() {
        let given =
            format!("Self=1-67891234-12456789abcdef012345678a;Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
        let trace = Trace::read(&given).unwrap();
        assert_eq!(trace.as_str(), format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"));
        assert_eq!(trace.root(), ROOT);
        let lineage = format!("Root={ROOT}; Parent=none; Sampled=?; Lineage=a87bd80c:1|68fd508a:5");
        let trace = Trace::read(&lineage).unwrap();
        assert_eq!((trace.as_str(), trace.root()), (format!("Root={ROOT}").as_str(), ROOT));
    }

    #[test]
    fn what_is_no_trace_is_none() {
        let short = ROOT.trim_end_matches('3');
        let others =
            ["", "Root=", "Sampled=1", ROOT, "Root=1-5759e988", "Root=2-5759e988-bd862e3fe1be46a994272793"];
        for other in others {
            assert_eq!(Trace::read(other), None, "{other}");
        }
        assert_eq!(Trace::read(&format!("Root={short}")), None);
        assert_eq!(Trace::read(&format!("Root={short}\u{e4}")), None);
        assert_eq!(Trace::read(&format!("Root={ROOT}\"}}")), None);
    }
}
