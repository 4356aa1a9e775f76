export { type CloseOptions, createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export type { Address } from './http/listening.ts';
