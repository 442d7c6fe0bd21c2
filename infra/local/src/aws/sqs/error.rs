//! How SQS says no: a shape name in the body and the older query error code in a header, which is the
//! one that the SDKs go by (AWS JSON 1.0 protocol, "query-compatible errors").

/// An error of the SQS API. Its text is the message that the service gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("The input receipt handle \"{0}\" is not a valid receipt handle.")]
    ReceiptHandleIsInvalid(String),
    #[error("The message referred to is not in flight.")]
    MessageNotInflight,
    #[error("Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xFFFD.")]
    InvalidMessageContents,
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntriesInBatchRequest(usize),
    #[error("Id {0} repeated.")]
    BatchEntryIdsNotDistinct(String),
    #[error("A batch entry id can only contain alphanumeric characters, hyphens and underscores.")]
    InvalidBatchEntryId,
    #[error("Batch requests cannot be longer than {limit} bytes. You have sent {0} bytes.", limit = super::MAX_BYTES)]
    BatchRequestTooLong(usize),
    #[error("Unknown Attribute {0}.")]
    InvalidAttributeName(String),
    #[error("Value for parameter {parameter} is invalid. Reason: {reason}")]
    InvalidParameterValue { parameter: &'static str, reason: String },
    #[error("The request must contain the parameter {0}.")]
    MissingParameter(&'static str),
    #[error("{0} is not supported here.")]
    UnsupportedOperation(String),
    #[error("The request is not the JSON that the operation takes: {0}")]
    MalformedInput(String),
    #[error("The request was denied due to request throttling.")]
    RequestThrottled,
    #[error("We encountered an internal error. Please try again.")]
    InternalError,
}

impl Error {
    pub fn invalid(parameter: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidParameterValue { parameter, reason: reason.into() }
    }

    /// `__type` of the body, and the code in `x-amzn-query-error`.
    pub fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
            }
            Self::ReceiptHandleIsInvalid(_) => {
                ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid")
            }
            Self::MessageNotInflight => {
                ("com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight")
            }
            Self::InvalidMessageContents => {
                ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents")
            }
            Self::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
            }
            Self::TooManyEntriesInBatchRequest(_) => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Self::BatchEntryIdsNotDistinct(_) => (
                "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            ),
            Self::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
            }
            Self::BatchRequestTooLong(_) => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
            }
            Self::InvalidAttributeName(_) => {
                ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName")
            }
            Self::UnsupportedOperation(_) => {
                ("com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation")
            }
            Self::RequestThrottled => ("com.amazonaws.sqs#RequestThrottled", "RequestThrottled"),
            Self::InvalidParameterValue { .. } => {
                ("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
            }
            Self::MissingParameter(_) => {
                ("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
            }
            Self::MalformedInput(_) => ("com.amazon.coral.service#SerializationException", "MalformedInput"),
            Self::InternalError => ("com.amazon.coral.service#InternalFailure", "InternalError"),
        }
    }

    /// Whether the service is at fault, not the caller: status 500, and a client may try again.
    pub fn is_service_fault(&self) -> bool {
        matches!(self, Self::InternalError)
    }
}
