//! Proof Key for Code Exchange (RFC 7636): S256 only.

use twin::handoff::hash;

/// The only method: a plain challenge proves nothing to who has seen it.
pub const METHOD: &str = "S256";
/// Base64url of a SHA-256.
const CHALLENGE: usize = 43;

pub fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether the verifier is the one that the challenge was made of.
pub fn proves(verifier: &str, challenge: &str) -> bool {
    is_verifier(verifier) && hash(verifier) == challenge
}

pub fn challenge(verifier: &str) -> String {
    hash(verifier)
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_published_pair_proves() {
        assert_eq!(challenge(VERIFIER), CHALLENGE);
        assert!(is_challenge(CHALLENGE));
        assert!(proves(VERIFIER, CHALLENGE));
    }

    #[test]
    fn nothing_else_does() {
        let last = format!("{}l", &VERIFIER[..42]);
        let padded = format!("{CHALLENGE}=");
        for (verifier, challenge) in [
            (last.as_str(), CHALLENGE),
            (CHALLENGE, CHALLENGE),
            (VERIFIER, VERIFIER),
            (VERIFIER, padded.as_str()),
            (VERIFIER, ""),
            ("", CHALLENGE),
        ] {
            assert!(!proves(verifier, challenge), "{verifier} {challenge}");
        }
        assert!(!is_challenge(&padded) && !is_challenge("") && !is_challenge(&CHALLENGE.replace('-', "+")));
    }

    #[test]
    fn verifiers_are_of_the_permitted_form() {
        let of = |text: String| proves(&text, &challenge(&text));
        assert!(of("a".repeat(43)) && of("~".repeat(128)));
        assert!(!of("a".repeat(42)) && !of("a".repeat(129)) && !of(format!("{} ", "a".repeat(43))));
    }
}
