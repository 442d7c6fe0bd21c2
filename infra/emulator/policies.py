"""What each function may do, read off the transformed template, beside what it did."""

import json

KINDS = [("/index/list", "index/list"), ("/index/due", "index/due"), ("Recordings", "bucket"), (":ses:", "mail"),
         ("Jobs", "queue"), ("Table", "table")]

# What a run does not come by, each with what it is for. Nothing else may be allowed and not used.
UNDO = ("dynamodb:DeleteItem", "table")  # Whoever writes of somebody who is erased meanwhile takes it back.
RECORDINGS = ("dynamodb:UpdateItem", "table")  # What is to be removed with a call.
# By somebody who proved who they are, and was recorded.
ERASURE = {("sqs:SendMessage", "queue"), ("dynamodb:Query", "index/list")}
# Lambda asks for it in the worker's name, and not by way of the worker.
TAKEN = {(f"sqs:{action}", "queue") for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")}
# Two turn out to be one, because somebody proved an address of the other's.
JOINED = {("dynamodb:ConditionCheckItem", "table"), ("dynamodb:BatchGetItem", "table")}
# Reminders of earlier conversations, which are not needed any more.
REMINDERS = ("dynamodb:BatchGetItem", "table")
# A task that came of a conversation is done: they were called back, or have the time that they asked for.
SETTLED = ("dynamodb:ConditionCheckItem", "table")
NOT_IN_A_RUN = {
    "Calendar": {REMINDERS, SETTLED},
    "Chat": {UNDO} | ERASURE | JOINED,
    # A job that died and is tried again; a follow-up that waited for the owner's word.
    "Crm": {(f"sqs:{action}Message", "queue") for action in ("Send", "Delete")} | {("dynamodb:UpdateItem", "table")},
    # ListBucket is no request of its own: with it S3 tells what is gone from what is forbidden.
    "FollowUp": {UNDO, RECORDINGS, ("s3:ListBucket", "bucket")} | TAKEN | ERASURE | JOINED | {
        (f"s3:{action}Object", "bucket") for action in ("Get", "Put", "Delete")},
    # Two connections turn out to be one.
    "Knowledge": {UNDO} | JOINED,
    # A page that changed.
    "KnowledgeRefresh": {(f"dynamodb:{action}", "table") for action in ("PutItem", "Query", "UpdateItem")},
    # An answer that reaches the owner. Only SNS itself signs what brings it.
    "Mail": {UNDO, REMINDERS, ("sqs:SendMessage", "queue"), ("dynamodb:UpdateItem", "table")},
    "Mcp": ERASURE | JOINED,
    "PhoneWebhook": {UNDO, SETTLED},
    "Scheduler": {UNDO, RECORDINGS},
    "VoiceToken": {UNDO} | ERASURE | JOINED,
    # A recording that is played; a link with which a conversation goes on; a sign-in that comes back, which is there once.
    "Web": {("s3:GetObject", "bucket"), ("dynamodb:UpdateItem", "table"), ("dynamodb:DeleteItem", "table")},
}


def kind(resource):
    text = json.dumps(resource)
    return next((kind for part, kind in KINDS if part in text), text)


def listed(value):
    return value if isinstance(value, list) else [value]


def allowed(template, function):
    """(action, kind of thing) of every statement of the function's role, but for what SAM adds by itself."""
    role = template["Resources"][f"{function}Role"]["Properties"]
    return {
        (action, kind(resource))
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def compared(template, made):
    """Of each function: what it did and may not, what it may and did not."""
    for function in sorted(made):
        may, did = allowed(template, function), made[function]
        unused = may - did - NOT_IN_A_RUN.get(function, set())
        yield function, sorted(did - may), sorted(unused), len(did)
