create schema if not exists channels;

alter table channels.channel add column fallbacks jsonb not null default '{}';
comment on column channels.channel.fallbacks is
    'By locale, the one to look in next for a text that it has not: de-AT is followed by de unless told';

create table channels.language (
    channel_id  uuid not null,
    locale      text not null,
    position    int not null,
    state       text not null default 'new',
    constraint language_pkey primary key (channel_id, locale),
    constraint language_channel foreign key (channel_id)
        references channels.channel (id) on delete cascade,
    constraint language_locale_shape
        check (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
    constraint language_state_known check (state in ('new', 'building', 'ready', 'ended'))
);
comment on table channels.language is
    'Languages of a channel besides its own; one is offered when its shop window is ready, and shows nothing any more when it ended. distribution key: none (replicated)';
