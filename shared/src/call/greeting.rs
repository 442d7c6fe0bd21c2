//! The first words say that this is an AI: nothing interrupts them, and without them there is no call.

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// Still to be said.
    #[default]
    Owed,
    /// The model has said all of it; the caller still listens.
    Said,
    Heard,
}

impl Greeting {
    pub fn is_owed(self) -> bool {
        self == Self::Owed
    }

    pub fn is_heard(self) -> bool {
        self == Self::Heard
    }

    pub fn said(&mut self) {
        if self.is_owed() {
            *self = Self::Said;
        }
    }

    /// An item was heard to its end. `true`: it was the greeting.
    pub fn heard(&mut self) -> bool {
        let is_greeting = *self == Self::Said;
        if is_greeting {
            *self = Self::Heard;
        }
        is_greeting
    }
}
