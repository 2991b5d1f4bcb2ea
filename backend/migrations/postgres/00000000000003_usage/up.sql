-- What a reply took, as the model's server counts it; `model` is null where nothing was counted.
ALTER TABLE messages ADD COLUMN model text;
ALTER TABLE messages ADD COLUMN input_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN output_tokens bigint NOT NULL DEFAULT 0;

-- What the model's server added to a call and wants to see again with it.
ALTER TABLE tool_calls ADD COLUMN extra text;
