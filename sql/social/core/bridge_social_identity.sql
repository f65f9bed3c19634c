/*
description: >-
  Whom the ids belong to that are not a user's own now: browsers and devices (anonymous ids) and ids that a user had
  before. An anonymous id belongs to the user whom an identify call named first on it, so that what others do later on a
  shared browser moves nobody's past. An alias call says that an id is another user's from then on; of several the latest
  holds, and it counts more than an identify call. A user who was renamed again is followed, by at most four alias calls
  each later than the one before; so renames in a circle end where they began, and such an id is not here.
grain: one row an id that is known to be a user's under another id
incremental: {keys: [id]}
columns:
  id: {type: text, description: "Anonymous id, or an earlier user id."}
  user_id: {type: text, description: "User whose it is, by the id that they have now."}
  known_by: {type: text, description: "Kind of the call that said so: identify or alias."}
  known_at: {type: timestamp, description: "When that call was made, in UTC."}
  message_id: {type: text, description: "The call."}
  is_settled: {type: boolean, description: "Whether the user was not renamed once more than is followed."}
chart: {title: "Identities by what told of them", x: known_by, y: "count(*)", kind: bar}
checks:
  - unique: [id]
  - not_null: [id, user_id, known_by, known_at, message_id, is_settled]
  - accepted_values: {column: known_by, values: [identify, alias]}
  - expression: "id <> user_id"
    name: nobody_is_known_as_themself
  - expression: "is_settled"
    name: every_rename_is_followed
    severity: warn
*/
with
    identified as (
        select
            identify.anonymous_id as id,
            identify.user_id,
            identify.timestamp as known_at,
            identify.message_id,
            row_number() over (
                partition by identify.anonymous_id
                order by identify.timestamp, identify.source_object, identify.record_offset, identify.message_id
            ) as call
        from staged.social_users as identify
        where identify.anonymous_id is not null
    ),

    aliased as (
        select
            other.previous_id as id,
            other.user_id,
            other.timestamp as known_at,
            other.message_id,
            row_number() over (
                partition by other.previous_id
                order by other.timestamp desc, other.source_object desc, other.record_offset desc, other.message_id desc
            ) as call
        from staged.social_other_events as other
        where
            other.type = 'alias'
            and other.previous_id is not null
            and other.user_id is not null
    ),

    renames as (
        select
            id,
            user_id,
            known_at,
            message_id
        from aliased
        where
            call = 1
            and id <> user_id
    ),

    -- Of an identify call no time is compared: whenever the user was renamed, they are who was renamed.
    links as (
        select
            id,
            user_id,
            'alias' as known_by,
            known_at,
            known_at as renamed_at,
            message_id
        from renames
        union all
        select
            identified.id,
            identified.user_id,
            'identify' as known_by,
            identified.known_at,
            timestamp '1900-01-01 00:00:00' as renamed_at,
            identified.message_id
        from identified
        where
            identified.call = 1
            and identified.id <> identified.user_id
            and not exists (select 1 from renames where renames.id = identified.id)
    ),

    followed as (
        select
            links.id,
            links.known_by,
            links.known_at,
            links.message_id,
            coalesce(fourth.user_id, third.user_id, second.user_id, links.user_id) as user_id,
            fifth.id is null as is_settled
        from links
        left join renames as second
            on second.id = links.user_id
            and second.known_at > links.renamed_at
        left join renames as third
            on third.id = second.user_id
            and third.known_at > second.known_at
        left join renames as fourth
            on fourth.id = third.user_id
            and fourth.known_at > third.known_at
        left join renames as fifth
            on fifth.id = fourth.user_id
            and fifth.known_at > fourth.known_at
    )

select
    id,
    user_id,
    known_by,
    known_at,
    message_id,
    is_settled
from followed
where id <> user_id
