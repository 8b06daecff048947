import { z } from 'zod'
import { customSchema } from './custom-component.ts'
import { errorHandlerSchema } from './error-handler.ts'
import { amount, json, mapping, parameters, text } from './field.ts'

/* The HttpRequester and its authenticators, as the low-code CDK's component schema defines them. */

export const requestOptionSchema = z.looseObject({
  ...parameters,
  type: z.literal('RequestOption'),
  /** `path` is how versions before 0.30 write a RequestPath. */
  inject_into: z.enum(['request_parameter', 'header', 'body_data', 'body_json', 'path']),
  field_name: text.optional(),
  field_path: z.array(text).optional(),
})

const jwtSchema = z.looseObject({
  ...parameters,
  type: z.literal('JwtAuthenticator'),
  secret_key: text,
  algorithm: text,
  base64_encode_secret_key: z.union([z.boolean(), z.string()]).default(false),
  token_duration: amount.default(1200),
  header_prefix: text.optional(),
  jwt_headers: z.strictObject({ kid: text.optional(), typ: text.default('JWT'), cty: text.optional() }).default({ typ: 'JWT' }),
  additional_jwt_headers: z.record(z.string(), json).default({}),
  jwt_payload: z.strictObject({ iss: text.optional(), sub: text.optional(), aud: text.optional() }).default({}),
  additional_jwt_payload: z.record(z.string(), json).default({}),
  passphrase: text.optional(),
  request_option: requestOptionSchema.optional(),
})

const configPath = (...path: string[]) => z.array(z.string()).min(1).default(path)

const oauthSchema = z.looseObject({
  ...parameters,
  type: z.literal('OAuthAuthenticator'),
  token_refresh_endpoint: text.optional(),
  client_id_name: text.default('client_id'),
  client_id: text.optional(),
  client_secret_name: text.default('client_secret'),
  client_secret: text.optional(),
  refresh_token_name: text.default('refresh_token'),
  refresh_token: text.optional(),
  access_token_name: text.default('access_token'),
  access_token_value: text.optional(),
  expires_in_name: text.default('expires_in'),
  grant_type_name: text.default('grant_type'),
  grant_type: text.default('refresh_token'),
  refresh_request_body: z.record(z.string(), json).default({}),
  refresh_request_headers: z.record(z.string(), json).default({}),
  send_refresh_request_as_query_params: z.boolean().default(false),
  scopes: z.array(text).default([]),
  token_expiry_date: text.optional(),
  token_expiry_date_format: z.string().optional(),
  use_profile_assertion: z.union([z.boolean(), z.string()]).default(false),
  profile_assertion: jwtSchema.optional(),
  refresh_token_updater: z
    .looseObject({
      refresh_token_name: text.default('refresh_token'),
      access_token_config_path: configPath('credentials', 'access_token'),
      refresh_token_config_path: configPath('credentials', 'refresh_token'),
      token_expiry_date_config_path: configPath('credentials', 'token_expiry_date'),
      refresh_token_error_status_codes: z.array(z.number().int()).default([]),
      refresh_token_error_key: z.string().default(''),
      refresh_token_error_values: z.array(z.string()).default([]),
    })
    .optional(),
})

const sessionSchema = z.looseObject({
  ...parameters,
  type: z.literal('SessionTokenAuthenticator'),
  login_requester: z.lazy((): z.ZodType<RequesterComponent> => requesterSchema),
  session_token_path: z.array(text).min(1),
  expiration_duration: text.optional(),
  request_authentication: z.discriminatedUnion('type', [
    z.looseObject({ ...parameters, type: z.literal('ApiKey'), inject_into: requestOptionSchema, api_token: text.optional() }),
    z.looseObject({ ...parameters, type: z.literal('Bearer') }),
  ]),
  decoder: z.looseObject({ type: z.enum(['JsonDecoder', 'XmlDecoder']) }).optional(),
})

const legacySessionSchema = z.looseObject({
  ...parameters,
  type: z.literal('LegacySessionTokenAuthenticator'),
  header: text,
  login_url: text,
  session_token: text.optional(),
  session_token_response_key: text,
  username: text.optional(),
  password: text.default(''),
  validate_session_url: text,
})

const plainAuthenticators = [
  z.looseObject({ ...parameters, type: z.literal('NoAuth') }),
  z.looseObject({ ...parameters, type: z.literal('BearerAuthenticator'), api_token: text }),
  z.looseObject({ ...parameters, type: z.literal('BasicHttpAuthenticator'), username: text, password: text.optional() }),
  z.looseObject({
    ...parameters,
    type: z.literal('ApiKeyAuthenticator'),
    api_token: text.optional(),
    header: text.optional(),
    inject_into: requestOptionSchema.optional(),
  }),
  jwtSchema,
  oauthSchema,
  sessionSchema,
  legacySessionSchema,
  customSchema('CustomAuthenticator'),
] as const

const singleAuthenticatorSchema = z.discriminatedUnion('type', plainAuthenticators)

const authenticatorSchema = z.discriminatedUnion('type', [
  ...plainAuthenticators,
  z.looseObject({
    ...parameters,
    type: z.literal('SelectiveAuthenticator'),
    authenticator_selection_path: z.array(text).min(1),
    authenticators: z.record(z.string(), singleAuthenticatorSchema),
  }),
])

const requestBodySchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('RequestBodyJsonObject'), value: mapping }),
  z.looseObject({ type: z.literal('RequestBodyGraphQL'), value: mapping }),
  z.looseObject({ type: z.literal('RequestBodyPlainText'), value: z.string() }),
  z.looseObject({ type: z.literal('RequestBodyUrlEncodedForm'), value: mapping }),
])

const fields = z.looseObject({
  ...parameters,
  type: z.literal('HttpRequester'),
  url: text.optional(),
  url_base: text.optional(),
  path: text.optional(),
  http_method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('GET'),
  request_parameters: mapping.default({}),
  request_headers: mapping.default({}),
  request_body_json: mapping.optional(),
  request_body_data: mapping.optional(),
  request_body: requestBodySchema.optional(),
  error_handler: errorHandlerSchema.optional(),
  use_cache: z.boolean().default(false),
})

export const requesterSchema: z.ZodType<RequesterComponent> = fields.extend({ authenticator: authenticatorSchema.optional() })

/** Written out because a session's login is a request with an authenticator of its own. */
export interface RequesterComponent extends z.infer<typeof fields> {
  authenticator?: AuthenticatorComponent | undefined
}

export type RequestOptionComponent = z.infer<typeof requestOptionSchema>
export type AuthenticatorComponent = z.infer<typeof authenticatorSchema>
export type Authenticator<Type extends AuthenticatorComponent['type']> = Extract<AuthenticatorComponent, { type: Type }>
