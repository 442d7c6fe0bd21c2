//! What somebody may see and have done, by how sure it is who they are and where they speak. One table, and nobody else
//! compares levels: what is read about a person for that person needs a [`Permit`], and only this module makes one.

use crate::{identity::Assurance, interaction::Channel};

/// Who speaks, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub channel: Channel,
    pub level: Assurance,
    /// Nothing leads to the person but this conversation: all that is kept of them came out of it.
    pub alone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To read on what was said in this conversation, and in the one that was handed over to it.
    ThisConversation,
    /// To be greeted by name and told of what was before: conversations, facts, open items, promises.
    Past,
    /// To have earlier conversations searched.
    Recall,
    /// To be told their own addresses and numbers.
    Details,
    /// To have a copy of all that is kept of them: at once, or, where one speaks, by a mailed link.
    Export,
    /// To have all of it erased: at once, or, where one speaks, once the conversation is over.
    Erase,
    /// To prove that they are reached by any address that they name; without it, by those that are theirs already.
    ProveAny,
    /// That an address which they name and agree to leads to them from then on.
    TieAddress,
    /// That a mail leaves for an address that they named and agreed to, without the owner's word.
    MailUnasked,
    /// To take back that they want no calls.
    CalledAgain,
}

/// From when on a right is given.
#[derive(Debug, Clone, Copy)]
enum Least {
    Level(Assurance),
    /// The same; and to somebody who is alone, whoever they are: it is all theirs.
    OrAlone(Assurance),
}

use self::Least::{Level, OrAlone};
use crate::identity::Assurance::{Anonymous, SignedIn, Verified};

/// A web chat and a host of the Model Context Protocol are both in writing. On the phone nobody signs in, so what needs
/// that is never said there.
const TABLE: [(Right, [Least; 3]); 10] = [
    //                         in writing          in the browser      on the phone
    (Right::ThisConversation, [Level(Anonymous), Level(Anonymous), Level(Anonymous)]),
    (Right::Past, [Level(Verified), Level(Verified), Level(Verified)]),
    (Right::Recall, [Level(Verified), Level(Verified), Level(Verified)]),
    (Right::Details, [Level(Verified), Level(SignedIn), Level(SignedIn)]),
    (Right::Export, [Level(Verified), Level(Verified), Level(Verified)]),
    (Right::Erase, [OrAlone(Verified), OrAlone(Verified), OrAlone(Verified)]),
    (Right::ProveAny, [OrAlone(Verified), OrAlone(Verified), OrAlone(Verified)]),
    (Right::TieAddress, [Level(Verified), Level(Verified), Level(Verified)]),
    // What anybody can type into a page is no reason to write to anybody.
    (Right::MailUnasked, [Level(Verified), Level(Anonymous), Level(Anonymous)]),
    // A browser is the one that said no; a number is shown by whoever likes.
    (Right::CalledAgain, [Level(Anonymous), Level(Anonymous), Level(Verified)]),
];

/// What a mailed link proves whose address is nobody's yet: no more than that somebody named it.
pub const UNPROVED_LINK: Assurance = Assurance::Claimed;

/// What somebody has who proved that a code reached them, or opened a link that was mailed to an address of theirs.
pub const PROVED: Assurance = Verified;

/// Whether the twin presses keys of the telephone: only where it has called itself, for what a caller's telephone is told to
/// press, nobody has asked for.
pub fn presses_keys(on: Channel, placed_by_us: bool) -> bool {
    on == Channel::Phone && placed_by_us
}

/// How far the chat of a browser is trusted once something was proved in another conversation that the same browser holds:
/// the page on which one talks has the chat's cookie, so whoever proved it there holds the chat. A call is held by nobody's
/// browser.
pub fn proved_alike(on: Channel, level: Assurance) -> Option<Assurance> {
    (on == Channel::Voice && level >= PROVED).then_some(PROVED)
}

/// Whether what the twin said to `one` may be told to `other`: what was before is open to both, or was closed to the first.
pub fn hears_as_much(one: Standing, other: Standing) -> bool {
    [Right::Past, Right::Recall].into_iter().all(|right| other.allows(right) || !one.allows(right))
}

impl Standing {
    pub fn new(channel: Channel, level: Assurance) -> Self {
        Self { channel, level, alone: false }
    }

    pub fn allows(self, right: Right) -> bool {
        let column = match self.channel {
            Channel::Chat => 0,
            Channel::Voice => 1,
            Channel::Phone => 2,
        };
        TABLE.iter().find(|(row, _)| *row == right).is_some_and(|(_, cells)| match cells[column] {
            Level(least) => self.level >= least,
            OrAlone(least) => self.level >= least || self.alone,
        })
    }

    pub fn permit(self, right: Right) -> Option<Permit> {
        self.allows(right).then_some(Permit(()))
    }
}

/// Leave to read what is kept of a person.
#[derive(Debug, Clone, Copy)]
pub struct Permit(());

impl Permit {
    /// The owner reads all that is theirs: whoever calls this has checked that it is the owner.
    pub fn of_the_owner() -> Self {
        Self(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [Assurance; 4] = [Anonymous, Assurance::Claimed, Verified, SignedIn];

    #[test]
    fn each_right_has_one_row() {
        for (number, (right, _)) in TABLE.iter().enumerate() {
            assert_eq!(TABLE.iter().position(|(row, _)| row == right), Some(number));
            assert_eq!(*right as usize, number, "in the order of their names");
        }
    }

    #[test]
    fn a_higher_level_never_loses_a_right() {
        for (right, _) in TABLE {
            for channel in Channel::ALL {
                for alone in [false, true] {
                    let given = LEVELS.map(|level| Standing { channel, level, alone }.allows(right));
                    assert!(given.is_sorted(), "{right:?} {channel:?}: {given:?}");
                }
            }
        }
    }

    /// A number or a name that anybody can claim opens nothing that was before.
    #[test]
    fn what_is_only_claimed_opens_nothing() {
        let closed = [Right::Past, Right::Recall, Right::Details, Right::Export, Right::TieAddress];
        for right in closed {
            for channel in Channel::ALL {
                for alone in [false, true] {
                    for level in [Anonymous, Assurance::Claimed] {
                        assert!(!Standing { channel, level, alone }.allows(right), "{right:?} {channel:?}");
                    }
                }
            }
        }
    }

    /// What is proved in a call raises no chat, and nothing raises one beyond what a code proves.
    #[test]
    fn only_the_same_browser_is_trusted_alike() {
        for level in LEVELS {
            let expected = (level >= Verified).then_some(PROVED);
            assert_eq!(proved_alike(Channel::Voice, level), expected);
            assert_eq!(proved_alike(Channel::Phone, level), None);
            assert_eq!(proved_alike(Channel::Chat, level), None);
        }
    }

    /// What was told to whoever proved who they are is not handed over to whoever tells a code.
    #[test]
    fn only_whoever_is_trusted_alike_hears_what_was_told() {
        for (one, other) in [(Verified, Assurance::Claimed), (SignedIn, Anonymous)] {
            for (from, to) in Channel::ALL.into_iter().zip(Channel::ALL) {
                let (held, goes_on) = (Standing::new(from, one), Standing::new(to, other));
                assert!(!hears_as_much(held, goes_on) && hears_as_much(goes_on, held));
                assert!(hears_as_much(held, held) && hears_as_much(goes_on, goes_on));
            }
        }
        assert!(hears_as_much(Standing::new(Channel::Chat, SignedIn), Standing::new(Channel::Voice, PROVED)));
    }

    #[test]
    fn keys_are_pressed_in_our_own_calls_alone() {
        let pressed = Channel::ALL.map(|channel| [true, false].map(|placed| presses_keys(channel, placed)));
        assert_eq!(pressed.iter().flatten().filter(|pressed| **pressed).count(), 1);
        assert!(presses_keys(Channel::Phone, true));
    }

    /// Whoever has nothing but their conversation has it erased; whose number or name is claimed has not.
    #[test]
    fn only_their_own_is_erased() {
        for level in [Anonymous, Assurance::Claimed] {
            for (alone, given) in [(true, true), (false, false)] {
                for channel in Channel::ALL {
                    let standing = Standing { channel, level, alone };
                    assert_eq!(standing.allows(Right::Erase), given, "{standing:?}");
                }
            }
        }
    }
}
